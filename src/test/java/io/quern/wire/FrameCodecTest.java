package io.quern.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameCodecTest {
    private static final int LIMIT = 1 << 16;

    private final FrameEncoder encoder = new FrameEncoder(LIMIT);
    private final List<WorkerFrame> decoded = new ArrayList<>();

    @Test
    void framesSurviveEverySplit() throws WireException {
        List<WorkerFrame> frames = List.of(hello("geheim"), step(3), WorkerFrame.getDefaultInstance(), step(0));
        byte[] bytes = bytes(frames);
        for (int cut = 0; cut <= bytes.length; cut++) {
            decoded.clear();
            FrameDecoder<WorkerFrame> decoder = decoder();
            decoder.decode(ByteBuffer.wrap(bytes, 0, cut), decoded::add);
            decoder.decode(ByteBuffer.wrap(bytes, cut, bytes.length - cut), decoded::add);
            assertThat(decoded).as("cut at %d", cut).isEqualTo(frames);
            assertThat(decoder.midFrame()).isFalse();
        }
    }

    @Test
    void framesSurviveSingleBytes() throws WireException {
        List<WorkerFrame> frames = List.of(step(17), hello("x"), step(200));
        FrameDecoder<WorkerFrame> decoder = decoder();
        for (byte b : bytes(frames)) {
            decoder.decode(ByteBuffer.wrap(new byte[] {b}), decoded::add);
        }
        assertThat(decoded).isEqualTo(frames);
    }

    @Test
    void frameLargerThanTheFirstBufferIsComplete() throws WireException {
        WorkerFrame large = hello("x".repeat(LIMIT - 100));
        FrameDecoder<WorkerFrame> decoder = decoder();
        decoder.decode(ByteBuffer.wrap(bytes(List.of(large, step(1)))), decoded::add);
        assertThat(decoded).containsExactly(large, step(1));
    }

    @Test
    void unfinishedFrameIsDetected() throws WireException {
        FrameDecoder<WorkerFrame> decoder = decoder();
        decoder.decode(ByteBuffer.wrap(bytes(List.of(step(3))), 0, 7), decoded::add);
        assertThat(decoder.midFrame()).isTrue();
        assertThat(decoded).isEmpty();
    }

    @Test
    void tooLargeLengthIsRefusedBeforeItsBytes() {
        ByteBuffer header = ByteBuffer.allocate(4).putInt(LIMIT + 1).flip();
        assertThatThrownBy(() -> decoder().decode(header, decoded::add))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("65537 bytes; the limit is 65536");
    }

    @Test
    void negativeLengthIsRefused() {
        ByteBuffer header = ByteBuffer.allocate(4).putInt(-1).flip();
        assertThatThrownBy(() -> decoder().decode(header, decoded::add))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("4294967295 bytes");
    }

    @Test
    void frameOverTheLimitIsNotSent() {
        assertThatThrownBy(() -> encoder.encode(hello("x".repeat(LIMIT))))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("the limit is 65536");
    }

    @Test
    void raisedLimitAdmitsLargerFrames() throws WireException {
        WorkerFrame large = hello("x".repeat(2 * LIMIT));
        ByteBuffer bytes = new FrameEncoder(3 * LIMIT).encode(large);
        assertThatThrownBy(() -> decoder().decode(bytes.duplicate(), decoded::add))
                .isInstanceOf(WireException.class);
        FrameDecoder<WorkerFrame> decoder = decoder();
        decoder.decode(encoder.encode(hello("x")), decoded::add);
        decoder.limit(3 * LIMIT);
        decoder.decode(bytes, decoded::add);
        assertThat(decoded).containsExactly(hello("x"), large);
    }

    @Test
    void randomBytesGiveFramesOrAWireException() {
        Random random = new Random(7);
        int refused = 0;
        for (int round = 0; round < 5000; round++) {
            byte[] noise = new byte[random.nextInt(64)];
            random.nextBytes(noise);
            if (noise.length >= 4) {
                // a plausible length, so that the content is looked at
                ByteBuffer.wrap(noise).putInt(random.nextInt(noise.length));
            }
            try {
                decoder().decode(ByteBuffer.wrap(noise), decoded::add);
            } catch (WireException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(1000, 5000);
    }

    private static FrameDecoder<WorkerFrame> decoder() {
        return new FrameDecoder<>(WorkerFrame.parser(), LIMIT);
    }

    private byte[] bytes(List<WorkerFrame> frames) throws WireException {
        ByteBuffer all = ByteBuffer.allocate(4 * LIMIT);
        for (WorkerFrame frame : frames) {
            all.put(encoder.encode(frame));
        }
        byte[] bytes = new byte[all.position()];
        all.flip().get(bytes);
        return bytes;
    }

    private static WorkerFrame hello(String token) {
        return WorkerFrame.newBuilder()
                .setHello(
                        Hello.newBuilder().setProtocolVersion(1).setToken(token).setPid(42))
                .build();
    }

    private static WorkerFrame step(int deltas) {
        Step.Builder step = Step.newBuilder().setStep(deltas);
        for (int i = 0; i < deltas; i++) {
            step.addDeltas(Delta.newBuilder().setRequest(i).addTokens(i).setText("ein 🦉"));
        }
        return WorkerFrame.newBuilder().setStep(step).build();
    }
}
