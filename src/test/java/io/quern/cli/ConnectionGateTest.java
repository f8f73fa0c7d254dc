package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.quern.cli.ClosedConnections.Reason;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests the gate without a server and with the test's clock. */
class ConnectionGateTest {
    private static final String HERE = "192.0.2.1";
    private static final String THERE = "192.0.2.2";

    private final List<EmbeddedChannel> channels = new ArrayList<>();
    private long now;

    @Test
    void longestIdleConnectionMakesRoom() {
        ConnectionGate gate = gate(3, 0);
        EmbeddedChannel first = come(gate, HERE);
        EmbeddedChannel second = come(gate, HERE);
        now++;
        request(first);
        EmbeddedChannel third = come(gate, HERE);
        assertThat(second.isOpen()).isFalse();
        assertThat(first.isOpen()).isTrue();
        assertThat(third.isOpen()).isTrue();
        assertThat(gate.closed().count(Reason.IDLE_EVICTED)).isEqualTo(1);
    }

    @Test
    void anyNumberOfIdleConnectionsLeavesRoom() {
        ConnectionGate gate = gate(64, 0);
        for (int i = 0; i < 1000; i++) {
            come(gate, HERE);
        }
        assertThat(channels.getLast().isOpen()).isTrue();
        assertThat(channels.stream().filter(EmbeddedChannel::isOpen)).hasSizeLessThanOrEqualTo(64);
    }

    @Test
    void busyConnectionsStayAndNewOnesAreRefused() {
        ConnectionGate gate = gate(4, 0);
        for (int i = 0; i < 4; i++) {
            begin(come(gate, HERE));
        }
        assertThat(gate.admit(channel(HERE))).isFalse();
        assertThat(channels.subList(0, 4)).allMatch(EmbeddedChannel::isOpen);
        assertThat(gate.closed().count(Reason.REFUSED)).isEqualTo(1);
    }

    @Test
    void closedConnectionsMakeRoom() {
        ConnectionGate gate = gate(2, 1);
        begin(come(gate, HERE));
        assertThat(gate.admit(channel(HERE))).isFalse();
        channels.getFirst().close();
        channels.getFirst().runPendingTasks();
        assertThat(gate.admit(channel(HERE))).isTrue();
    }

    @Test
    void fullAddressGivesUpItsOwnIdleConnections() {
        ConnectionGate gate = gate(100, 2);
        EmbeddedChannel other = come(gate, THERE);
        EmbeddedChannel first = come(gate, HERE);
        come(gate, HERE);
        come(gate, HERE);
        assertThat(first.isOpen()).isFalse();
        assertThat(other.isOpen()).isTrue();
    }

    @Test
    void onlyABusyAddressIsRefused() {
        ConnectionGate gate = gate(100, 2);
        begin(come(gate, HERE));
        begin(come(gate, HERE));
        assertThat(gate.admit(channel(HERE))).isFalse();
        assertThat(gate.admit(channel(THERE))).isTrue();
        assertThat(gate.closed().count(Reason.ADDRESS_REFUSED)).isEqualTo(1);
    }

    @Test
    void networkOfIpv6CountsAsOneAddress() {
        assertThat(ConnectionGate.addressOf(channel("2001:db8::1")))
                .isEqualTo(ConnectionGate.addressOf(channel("2001:db8::ffff:1")))
                .isNotEqualTo(ConnectionGate.addressOf(channel("2001:db8:0:1::1")));
    }

    @Test
    void connectionWithoutHeadIsClosedAtTheDeadline() {
        ConnectionGate gate = gate(100, 0);
        EmbeddedChannel silent = come(gate, HERE);
        EmbeddedChannel dripping = come(gate, HERE);
        EmbeddedChannel served = come(gate, HERE);
        begin(served);
        pass(gate, 29);
        receive(dripping, 1);
        assertThat(silent.isOpen()).isTrue();
        pass(gate, 1);
        assertThat(silent.isOpen()).isFalse();
        assertThat(dripping.isOpen()).isFalse();
        assertThat(served.isOpen()).isTrue();
        assertThat(gate.closed().count(Reason.HEAD_TIMEOUT)).isEqualTo(2);
    }

    @Test
    void deadlineOfLaterHeadStartsAtFirstByte() {
        ConnectionGate gate = gate(100, 0);
        EmbeddedChannel channel = come(gate, HERE);
        request(channel);
        pass(gate, 1000);
        assertThat(channel.isOpen()).isTrue();
        receive(channel, 1);
        pass(gate, 29);
        receive(channel, 1);
        assertThat(channel.isOpen()).isTrue();
        pass(gate, 1);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void idleHttp2PingsDoNotCountAsHead() {
        ConnectionGate gate = gate(100, 0);
        EmbeddedChannel channel = come(gate, HERE);
        ConnectionGate.requestBegins(channel, true).requestEnds();
        receive(channel, 17);
        pass(gate, 1000);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void incompleteHeadsOverTheMemoryLimitAreClosed() {
        ConnectionGate gate = gate(6400, 0);
        for (int i = 0; i < 20; i++) {
            EmbeddedChannel channel = come(gate, HERE);
            now++;
            receive(channel, 1000);
        }
        channels.forEach(EmbeddedChannel::runPendingTasks);
        assertThat(channels.getFirst().isOpen()).isFalse();
        assertThat(channels.getLast().isOpen()).isTrue();
        assertThat(gate.closed().count(Reason.HEADS_EVICTED)).isPositive();
    }

    @Test
    void completeHeadsDoNotCountInThatMemory() {
        ConnectionGate gate = gate(6400, 0);
        for (int i = 0; i < 100; i++) {
            EmbeddedChannel channel = come(gate, HERE);
            receive(channel, 1000);
            begin(channel);
        }
        assertThat(channels).allMatch(EmbeddedChannel::isOpen);
    }

    private ConnectionGate gate(int max, int maxPerAddress) {
        return new ConnectionGate(
                new ConnectionGate.Limits(max, maxPerAddress, Duration.ofSeconds(30), 10_000), () -> now);
    }

    private EmbeddedChannel come(ConnectionGate gate, String address) {
        now++;
        EmbeddedChannel channel = channel(address);
        assertThat(gate.admit(channel)).isTrue();
        channels.forEach(EmbeddedChannel::runPendingTasks);
        return channel;
    }

    private EmbeddedChannel channel(String address) {
        EmbeddedChannel channel = new EmbeddedChannel() {
            @Override
            protected SocketAddress remoteAddress0() {
                return new InetSocketAddress(address, 1);
            }
        };
        channels.add(channel);
        return channel;
    }

    private static void begin(EmbeddedChannel channel) {
        assertThat(ConnectionGate.requestBegins(channel, false)).isNotNull();
    }

    private static void request(EmbeddedChannel channel) {
        ConnectionGate.requestBegins(channel, false).requestEnds();
    }

    private static void receive(EmbeddedChannel channel, int bytes) {
        channel.writeInbound(Unpooled.wrappedBuffer(new byte[bytes]));
    }

    private void pass(ConnectionGate gate, int seconds) {
        now += Duration.ofSeconds(seconds).toNanos();
        gate.tick();
        channels.forEach(EmbeddedChannel::runPendingTasks);
    }
}
