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
 * Admits workers. A connection must begin with Hello and a token that was given to a worker, within a time limit. All
 * other connections are closed without an answer. A worker that was just started receives its settings.
 */
final class Doorkeeper implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Doorkeeper.class);

    /** The number of connections that have not identified themselves yet. */
    private static final int MAX_STRANGERS = 64;

    /** The pause after a failed accept, so that a lasting failure does not keep a core busy. */
    private static final Duration AFTER_FAILURE = Duration.ofMillis(100);

    /** Serves the connection of a worker in the calling thread until it ends. */
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
                // most likely files, memory or threads are exhausted for the moment; without this loop no worker
                // could connect again
                if (!closed) {
                    LOG.warnf("cannot accept a connection to the workers' socket; the engine tries again: %s", e);
                    LockSupport.parkNanos(AFTER_FAILURE.toNanos());
                }
            }
        }
    }

    /** Admits a connection from within this process instead of the socket. Never blocks. */
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
            // the connection keeps this thread: once admitted, the thread reads the worker's frames
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
     * Stops admitting workers and gives the socket to the next application. Workers that connect from now on wait for
     * that application. Called on the thread that opened the socket.
     *
     * @return empty if the socket cannot be handed over
     */
    Optional<Map<String, Object>> handOver() {
        closed = true;
        try {
            listener.wake();
            acceptor.join();
            return Optional.of(listener.handOver());
        } catch (IOException e) {
            LOG.warnf(
                    "cannot hand the workers' socket over to the next application, so the workers stop: %s",
                    e.getMessage());
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

    /** A time limit for the first frame. */
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
