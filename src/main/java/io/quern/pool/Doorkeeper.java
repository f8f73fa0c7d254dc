package io.quern.pool;

import io.quern.socket.FrameConnection;
import io.quern.socket.FrameListener;
import io.quern.threads.EngineThreads;
import io.quern.wire.EngineFrame;
import io.quern.wire.Hello;
import io.quern.wire.Protocol;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;

/**
 * Lets workers in: who connects must say Hello with a token that was given to a worker, within a time limit. Anything else is
 * dropped without an answer. A worker that has just been started is told its settings.
 */
final class Doorkeeper implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Doorkeeper.class);

    /** Connections that have not proved who they are, at the same time. */
    private static final int MAX_STRANGERS = 64;

    /** What a failure to accept is followed by, so that a lasting one does not keep a core busy. */
    private static final Duration AFTER_FAILURE = Duration.ofMillis(100);

    /** Serves the connection of a worker in the calling thread, until it ends. */
    interface Entry {
        void enter(Tokens.Holder holder, FrameConnection<WorkerFrame, EngineFrame> connection);
    }

    private final FrameListener<WorkerFrame, EngineFrame> listener;
    private final Tokens tokens;
    private final Supervisor supervisor;
    private final Duration helloTimeout;
    private final Entry entry;
    private final Semaphore strangers = new Semaphore(MAX_STRANGERS);
    private volatile boolean closed;
    private Thread acceptor;

    Doorkeeper(
            FrameListener<WorkerFrame, EngineFrame> listener,
            Tokens tokens,
            Supervisor supervisor,
            Duration helloTimeout,
            Entry entry) {
        this.listener = listener;
        this.tokens = tokens;
        this.supervisor = supervisor;
        this.helloTimeout = helloTimeout;
        this.entry = entry;
    }

    void open() {
        acceptor = EngineThreads.daemon("quern-doorkeeper").start(this::acceptAll);
    }

    private void acceptAll() {
        while (!closed) {
            try {
                letIn(listener.accept());
            } catch (IOException | RuntimeException | Error e) {
                // most likely out of files, memory or threads for the moment; without this loop no worker ever comes
                // back
                if (!closed) {
                    LOG.warnf("cannot accept a connection to the workers' socket; the engine tries again: %s", e);
                    LockSupport.parkNanos(AFTER_FAILURE.toNanos());
                }
            }
        }
    }

    /** Takes a connection that comes not by the socket but from within this process. Never blocks. */
    void admit(ByteChannel channel) {
        try {
            letIn(listener.over(channel));
        } catch (IOException e) {
            LOG.debugf("dropped a connection: %s", e.getMessage());
        }
    }

    private void letIn(FrameConnection<WorkerFrame, EngineFrame> connection) throws IOException {
        if (!strangers.tryAcquire()) {
            connection.close();
            return;
        }
        try {
            // a thread of its own for the whole connection: once let in, it reads the worker's frames
            EngineThreads.daemon("quern-link").start(() -> greet(connection));
        } catch (Error e) {
            strangers.release();
            connection.close();
            throw e;
        }
    }

    private void greet(FrameConnection<WorkerFrame, EngineFrame> connection) {
        try (connection) {
            Greeting greeting = new Greeting(connection);
            supervisor.postLater(helloTimeout, greeting::expire);
            int maxFrameBytes = connection.maxFrameBytes();
            connection.limit(Protocol.FIRST_FRAME_BYTES);
            WorkerFrame first;
            try {
                first = connection.receive();
            } finally {
                greeting.over();
                strangers.release();
            }
            Tokens.Holder holder = holder(first);
            if (holder != null) {
                if (holder.settings().isPresent()) {
                    connection.send(EngineFrames.settings(holder.settings().get()));
                }
                connection.limit(maxFrameBytes);
                entry.enter(holder, connection);
            }
        } catch (IOException e) {
            LOG.debugf("dropped a connection: %s", e.getMessage());
        }
    }

    private Tokens.Holder holder(WorkerFrame first) {
        if (first == null || !first.hasHello()) {
            LOG.debug("dropped a connection that did not begin with Hello");
            return null;
        }
        Hello hello = first.getHello();
        if (hello.getProtocolVersion() != Protocol.VERSION) {
            LOG.warnf(
                    "rejected a worker: it speaks protocol version %d, but this engine speaks %d",
                    hello.getProtocolVersion(), Protocol.VERSION);
            return null;
        }
        Tokens.Holder holder = tokens.redeem(hello.getToken());
        if (holder == null) {
            LOG.warn("rejected a connection to the workers' socket: its token is wrong or was used before");
        }
        return holder;
    }

    /**
     * Lets nobody in any more, and gives the door to the application that follows: who knocks from now on waits for that one. On the
     * thread that has opened it.
     *
     * @return empty if that cannot be
     */
    Optional<Map<String, Object>> handOver() {
        closed = true;
        try {
            listener.wake();
            acceptor.join();
            return Optional.of(listener.handOver());
        } catch (IOException e) {
            LOG.warnf("cannot hand the workers' socket over to the next application, so the workers stop: %s", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        closed = true;
        listener.close();
    }

    /** A time limit on the first frame. */
    private static final class Greeting {
        private final FrameConnection<?, ?> connection;
        private boolean over;

        Greeting(FrameConnection<?, ?> connection) {
            this.connection = connection;
        }

        synchronized void over() {
            over = true;
        }

        synchronized void expire() {
            if (!over) {
                try {
                    connection.close();
                } catch (IOException e) {
                    LOG.debugf("cannot close a connection that sent nothing: %s", e.getMessage());
                }
            }
        }
    }
}
