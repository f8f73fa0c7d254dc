package io.quern.launch;

import io.quern.policy.StartMethod;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.ThreadChild;
import io.quern.threads.UncaughtErrors;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Implements the start method inline: the worker's code runs in a thread of the engine, over a connection inside the
 * process.
 */
final class InlineStarter implements WorkerStarter {
    private static final Logger LOG = Logger.getLogger(InlineStarter.class);
    private static final int EXIT_INTERNAL = 70;

    /** The same stack size as in a worker process. */
    private static final long STACK_BYTES = 8L << 20;

    private final InlineWorker worker;
    private final Consumer<ByteChannel> door;

    /** @param door receives the engine's end of each connection, as if a process had connected; must not block */
    InlineStarter(InlineWorker worker, Consumer<ByteChannel> door) {
        this.worker = worker;
        this.door = door;
    }

    @Override
    public StartMethod method() {
        return StartMethod.INLINE;
    }

    @Override
    public CompletionStage<ChildProcess> launch(WorkerSpec spec, TokenIssuer tokens, LaunchEvents events) {
        InlineWorker.Connection connection;
        try {
            connection = worker.connection();
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        String token = tokens.issue(spec.settings());
        ThreadChild child = new ThreadChild(() -> close(connection.worker()));
        Thread thread = new Thread(
                null,
                () -> {
                    int code = EXIT_INTERNAL;
                    try {
                        code = worker.run(spec.id(), token, connection.worker(), line -> {
                            child.wrote(line);
                            events.output(line);
                        });
                    } catch (InterruptedException e) {
                        LOG.debug("An inline worker was interrupted");
                    } catch (RuntimeException | Error e) {
                        child.wrote(e.toString());
                        LOG.error("An inline worker failed", e);
                        if (e instanceof Error) {
                            UncaughtErrors.report("quern-inline-worker-" + spec.id(), e);
                        }
                    } finally {
                        close(connection.worker());
                        child.ended(new ExitStatus.Exited(code));
                    }
                },
                "quern-inline-worker-" + spec.id(),
                STACK_BYTES);
        thread.setDaemon(true);
        door.accept(connection.engine());
        thread.start();
        return CompletableFuture.completedFuture(child);
    }

    @Override
    public void prepareNext(WorkerSpec like) {}

    @Override
    public void close() {}

    private static void close(ByteChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debugf("Cannot close an inline worker's connection: %s", e.getMessage());
        }
    }
}
