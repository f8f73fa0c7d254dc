package io.quern.pool;

import io.quarkus.runtime.LaunchMode;
import io.quern.launch.Installation;
import io.quern.launch.WorkerConfig;
import io.quern.launch.WorkerFingerprint;
import io.quern.launch.WorkerSpec;
import io.quern.policy.StartMethod;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Development mode: decides whether workers of the previous application can serve this one, and whether this
 * application's workers can serve the next.
 */
final class LiveReload {
    private static final Logger LOG = Logger.getLogger(LiveReload.class);

    private final DevConfig config;
    private final String model;
    private String fingerprint;

    /** @param model the key of the model among those of this engine */
    LiveReload(DevConfig config, String model) {
        this.config = config;
        this.model = model;
    }

    /**
     * Returns what the previous application has left, if the workers would be the same now. Otherwise ends those
     * workers.
     *
     * @param specs the specifications, without a socket
     */
    Optional<HandOver> takeOver(
            StartMethod method, WorkerConfig worker, Installation installation, List<WorkerSpec> specs)
            throws IOException {
        if (LaunchMode.current() != LaunchMode.DEVELOPMENT) {
            return Optional.empty();
        }
        // computed now, because at the end of this application the files may already be those of the next
        fingerprint = WorkerFingerprint.of(method, worker, installation, specs);
        Optional<HandOver> before = HandOver.find(model);
        Optional<HandOver> same = before.filter(left -> left.fingerprint().equals(fingerprint));
        if (before.isPresent() && same.isEmpty()) {
            LOG.info("the workers are replaced, because what they are started with has changed");
            before.get().discard();
        }
        return same;
    }

    /** Leaves the workers to the next application. */
    void leave(HandOver left) {
        left.leave(model);
    }

    /** Returns what the workers are made of, or null if they end with this application. */
    String fingerprint() {
        return fingerprint != null && config.keepWorkers() && !jvmEnds() ? fingerprint : null;
    }

    /** Quarkus sends the same event before a reload and at the end of development mode. */
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
