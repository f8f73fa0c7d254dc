package io.quern.pool;

import io.quern.launch.WorkerStarters;
import io.quern.socket.FrameListener;
import io.quern.wire.Protocol;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/**
 * Holds what an application leaves to the next one in the same JVM, in development mode: its running workers and what
 * they need. A live reload loads all classes again, so the data consists of JDK types and is kept in the system
 * properties, which outlive the reload.
 *
 * @param fingerprint what the workers are made of
 * @param starter the data of the starter
 * @param door the socket to which the workers have connected again, and on which they wait
 * @param workers the parked workers, by their numbers
 */
record HandOver(
        String fingerprint,
        Map<String, Object> starter,
        Map<String, Object> door,
        Map<Integer, HandOver.ParkedWorker> workers) {
    private static final Logger LOG = Logger.getLogger(HandOver.class);

    /** Does not begin with {@code quern.}, because those properties are configuration and are checked. */
    private static final String KEY = "io.quern.hand-over/";

    private static final Duration WORKERS_END = Duration.ofSeconds(2);

    /**
     * @param token the token that the worker sends with Hello
     * @param child the data of its process
     */
    record ParkedWorker(String token, Map<String, Object> child) {}

    /**
     * Leaves this to the next application.
     *
     * @param model the key under which {@link #find} finds it
     */
    void leave(String model) {
        Map<Integer, Object> parked = new HashMap<>();
        workers.forEach((id, worker) -> parked.put(id, Map.of("token", worker.token(), "child", worker.child())));
        System.getProperties()
                .put(
                        KEY + model,
                        Map.of("fingerprint", fingerprint, "starter", starter, "door", door, "workers", parked));
    }

    /** Returns what an earlier application has left, and removes it. */
    @SuppressWarnings("unchecked")
    static Optional<HandOver> find(String model) {
        Map<String, Object> left = (Map<String, Object>) System.getProperties().remove(KEY + model);
        if (left == null) {
            return Optional.empty();
        }
        Map<Integer, ParkedWorker> workers = new HashMap<>();
        ((Map<Integer, Map<String, Object>>) left.get("workers"))
                .forEach((id, worker) -> workers.put(
                        id, new ParkedWorker((String) worker.get("token"), (Map<String, Object>) worker.get("child"))));
        return Optional.of(new HandOver(
                (String) left.get("fingerprint"),
                (Map<String, Object>) left.get("starter"),
                (Map<String, Object>) left.get("door"),
                workers));
    }

    /** Ends what an earlier application has left for models that this one does not serve. */
    static void discardOthers(Set<String> models) {
        List<String> left = System.getProperties().keySet().stream()
                .map(String::valueOf)
                .filter(key -> key.startsWith(KEY))
                .map(key -> key.substring(KEY.length()))
                .filter(model -> !models.contains(model))
                .toList();
        left.forEach(model -> find(model).ifPresent(HandOver::discard));
    }

    /** Ends the workers and waits a short time until they are gone. */
    void discard() {
        WorkerStarters.discard(starter);
        try {
            // workers notice this if the kernel has no signal for the end of their parent
            FrameListener.takeOver(door, WorkerFrame.parser(), Protocol.DEFAULT_MAX_FRAME_BYTES)
                    .close();
            CompletableFuture.allOf(workers.values().stream()
                            .map(worker ->
                                    ProcessHandle.of((Long) worker.child().get("pid")))
                            .flatMap(Optional::stream)
                            .map(ProcessHandle::onExit)
                            .toArray(CompletableFuture<?>[]::new))
                    .get(WORKERS_END.toMillis(), TimeUnit.MILLISECONDS);
        } catch (IOException | TimeoutException | ExecutionException e) {
            LOG.warnf("workers of the previous application may still be running: %s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
