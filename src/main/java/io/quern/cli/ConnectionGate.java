package io.quern.cli;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import io.quern.cli.ClosedConnections.Reason;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides which connections the HTTP server keeps. Near the limit it closes connections without a running request, the
 * longest idle first. It refuses a new connection only if there are none to close. The same applies to the connections
 * of one address and to the memory of incomplete heads. Each head has a deadline.
 *
 * <p>It checks connections when a new one arrives and at a coarse tick; they have no timers of their own. Thread-safe:
 * each connection's state is written on its own event loop.
 */
final class ConnectionGate {
    private static final AttributeKey<Connection> CONNECTION = AttributeKey.valueOf(ConnectionGate.class, "connection");

    /** Bytes of heap per byte of a head: "a:" and a line end become an entry of about 150 bytes. */
    private static final int HEAD_AMPLIFICATION = 48;

    /** Longest part of a head that is kept in memory. */
    private static final int MAX_HEAD = 24 * 1024;

    /**
     * @param max connections in total, or 0 for no limit
     * @param maxPerAddress connections of one address, or 0 for no limit
     * @param headTimeout longest time for a request's head
     * @param maxHeadBytes bytes of all incomplete heads together
     */
    record Limits(int max, int maxPerAddress, Duration headTimeout, long maxHeadBytes) {
        /** Returns how many bytes of incomplete heads a share of this JVM's heap can hold. */
        static long headBytesOfHeap() {
            return Runtime.getRuntime().maxMemory() / 8 / HEAD_AMPLIFICATION;
        }

        /** Number of connections kept free below the limit, since closing takes a moment. */
        private int reserve() {
            return Math.max(1, max / 16);
        }

        private int batch() {
            return Math.max(1, max / 64);
        }

        private int batchOfAddress() {
            return Math.max(1, maxPerAddress / 64);
        }

        long tickMillis() {
            return Math.clamp(headTimeout.toMillis() / 8, 10, 1000);
        }
    }

    private final Limits limits;
    private final LongSupplier nanoTime;
    private final Set<Connection> all = ConcurrentHashMap.newKeySet();
    private final AtomicLong headBytes = new AtomicLong();
    private final ClosedConnections closed;

    /** Number of connections that stay. Guarded by this, as is {@link Connection#leaving}. */
    private int staying;

    private final Map<Object, Integer> ofAddresses = new HashMap<>();

    ConnectionGate(Limits limits, LongSupplier nanoTime) {
        this.limits = limits;
        this.nanoTime = nanoTime;
        closed = new ClosedConnections(nanoTime.getAsLong());
    }

    Limits limits() {
        return limits;
    }

    /** Returns the counts of closed and refused connections. */
    ClosedConnections closed() {
        return closed;
    }

    /**
     * Admits or refuses a new connection before it is registered with an event loop.
     *
     * @return whether it may stay; if not, the caller closes it
     */
    boolean admit(Channel channel) {
        Connection connection = new Connection(channel, addressOf(channel));
        synchronized (this) {
            if (limits.max() > 0 && staying >= limits.max() - limits.reserve()) {
                evict(limits.batch(), any -> true, Reason.IDLE_EVICTED);
                if (staying >= limits.max()) {
                    closed.add(Reason.REFUSED);
                    return false;
                }
            }
            if (limits.maxPerAddress() > 0 && connection.address != null && isFull(connection.address)) {
                evict(limits.batchOfAddress(), other -> connection.address.equals(other.address), Reason.IDLE_EVICTED);
                if (isFull(connection.address)) {
                    closed.add(Reason.ADDRESS_REFUSED);
                    return false;
                }
            }
            stays(connection, 1);
            all.add(connection);
        }
        channel.attr(CONNECTION).set(connection);
        channel.pipeline().addLast("quern-connection", connection);
        channel.closeFuture().addListener(gone -> forget(connection));
        return true;
    }

    /**
     * Records a complete head. Called on the connection's event loop. Returns null if the connection skipped the gate.
     */
    static @Nullable Connection requestBegins(Channel channel, boolean http2) {
        Connection connection = channel.attr(CONNECTION).get();
        if (connection != null) {
            connection.begins(http2);
        }
        return connection;
    }

    /** Returns the number of running requests of a connection, or 0 if it skipped the gate. */
    static int activeOn(Channel channel) {
        Connection connection = channel.attr(CONNECTION).get();
        return connection == null ? 0 : connection.active;
    }

    /** Closes connections past their deadline and logs the counts. Called periodically. */
    void tick() {
        long now = nanoTime.getAsLong();
        for (Connection connection : all) {
            if (connection.isLate(now)) {
                connection.channel.eventLoop().execute(() -> {
                    if (connection.isLate(now)) {
                        close(connection, Reason.HEAD_TIMEOUT);
                    }
                });
            }
        }
        closed.log(now);
    }

    private boolean isFull(Object address) {
        return ofAddresses.getOrDefault(address, 0) >= limits.maxPerAddress();
    }

    private void stays(Connection connection, int one) {
        staying += one;
        if (connection.address != null) {
            ofAddresses.merge(connection.address, one, (a, b) -> a + b == 0 ? null : a + b);
        }
    }

    /**
     * Closes the connections that have been idle longest. They stop counting at once. Sorting once for a batch costs
     * less than keeping an order at each request.
     */
    private synchronized void evict(int number, Predicate<Connection> which, Reason reason) {
        List<Connection> idle = new ArrayList<>();
        for (Connection connection : all) {
            boolean hasLoop = connection.channel.isRegistered(); // otherwise it is new
            if (hasLoop && !connection.leaving && connection.active == 0 && which.test(connection)) {
                connection.rank = connection.since; // it may change while others are compared with it
                idle.add(connection);
            }
        }
        idle.sort(Comparator.comparingLong(connection -> connection.rank));
        for (Connection connection : idle.subList(0, Math.min(number, idle.size()))) {
            connection.leaving = true;
            stays(connection, -1);
            connection.channel.eventLoop().execute(() -> leave(connection, reason));
        }
    }

    /** Runs on the connection's event loop, so no request can begin meanwhile. */
    private void leave(Connection connection, Reason reason) {
        if (connection.active == 0) {
            close(connection, reason);
            return;
        }
        synchronized (this) {
            if (all.contains(connection) && connection.leaving) {
                connection.leaving = false;
                stays(connection, 1);
            }
        }
    }

    private void close(Connection connection, Reason reason) {
        if (connection.channel.isOpen()) {
            closed.add(reason);
            connection.channel.close();
        }
    }

    private void forget(Connection connection) {
        connection.headIsOver();
        synchronized (this) {
            if (all.remove(connection) && !connection.leaving) {
                stays(connection, -1);
            }
        }
    }

    /**
     * Returns the address, or the /64 network for IPv6, since one client owns all of it. Null if there is no address.
     */
    static @Nullable Object addressOf(Channel channel) {
        if (!(channel.remoteAddress() instanceof InetSocketAddress socket) || socket.getAddress() == null) {
            return null;
        }
        InetAddress address = socket.getAddress();
        return address instanceof Inet6Address v6
                ? (Object) ByteBuffer.wrap(v6.getAddress()).getLong()
                : address;
    }

    /** One connection; it is the first handler of its channel. */
    final class Connection extends ChannelInboundHandlerAdapter {
        private final Channel channel;
        private final @Nullable Object address;
        private boolean leaving;
        private long rank;

        // written only on its event loop
        private volatile int active;
        private volatile boolean awaitsHead = true;
        private volatile long since = nanoTime.getAsLong();
        private boolean http2;
        private int head;

        Connection(Channel channel, @Nullable Object address) {
            this.channel = channel;
            this.address = address;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
            if (active == 0 && !http2) {
                if (!awaitsHead) {
                    since = nanoTime.getAsLong();
                    awaitsHead = true;
                }
                if (message instanceof ByteBuf bytes) {
                    grows(bytes.readableBytes());
                }
            }
            super.channelRead(context, message);
        }

        private void grows(int bytes) {
            int more = Math.min(bytes, MAX_HEAD - head);
            head += more;
            if (headBytes.addAndGet(more) > limits.maxHeadBytes()) {
                evict(limits.batch(), other -> other.awaitsHead && other.head > 0, Reason.HEADS_EVICTED);
            }
        }

        private void headIsOver() {
            headBytes.addAndGet(-head);
            head = 0;
        }

        private void begins(boolean overHttp2) {
            http2 = overHttp2;
            active++;
            awaitsHead = false;
            headIsOver();
        }

        /** Records that a response is complete or abandoned. Called on the connection's event loop. */
        void requestEnds() {
            if (active > 0 && --active == 0) {
                since = nanoTime.getAsLong();
            }
        }

        private boolean isLate(long now) {
            return active == 0
                    && awaitsHead
                    && now - since >= limits.headTimeout().toNanos();
        }
    }
}
