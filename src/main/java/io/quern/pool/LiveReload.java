package io.quern.pool;

import io.quarkus.runtime.LaunchMode;
import io.quern.launch.Installation;
import io.quern.launch.WorkerConfig;
import io.quern.launch.WorkerFingerprint;
import io.quern.launch.WorkerSpec;
import io.quern.policy.StartMethod;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Development mode: whether workers of the application before can serve this one, and this one's the next. */
@Singleton
final class LiveReload {
    private static final Logger LOG = Logger.getLogger(LiveReload.class);

    private final DevConfig config;
    private String fingerprint;

    LiveReload(DevConfig config) {
        this.config = config;
    }

    /**
     * What the application before has left, if workers are made of the same now. If not, its workers are ended.
     *
     * @param specs without a socket
     */
    Optional<HandOver> takeOver(
            StartMethod method, WorkerConfig worker, Installation installation, List<WorkerSpec> specs)
            throws IOException {
        if (LaunchMode.current() != LaunchMode.DEVELOPMENT) {
            return Optional.empty();
        }
        // now, and not at this application's end: by then the files may be the next one's
        fingerprint = WorkerFingerprint.of(method, worker, installation, specs);
        Optional<HandOver> before = HandOver.find();
        Optional<HandOver> same = before.filter(left -> left.fingerprint().equals(fingerprint));
        if (before.isPresent() && same.isEmpty()) {
            LOG.info("the workers are replaced, because what they are started with has changed");
            before.get().discard();
        }
        return same;
    }

    /** Null if the workers are to end with this application. */
    String fingerprint() {
        return fingerprint != null && config.keepWorkers() && !jvmEnds() ? fingerprint : null;
    }

    /** Quarkus ends the application by the same event before a reload and at the end of development mode. */
    private static boolean jvmEnds() {
        Thread never = new Thread(() -> {});
        try {
            Runtime.getRuntime().addShutdownHook(never);
            Runtime.getRuntime().removeShutdownHook(never);
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }
}
