package io.quern.pool;

import static io.quern.wire.StateLayout.MAGIC;
import static io.quern.wire.StateLayout.PAGE;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.worker.WrittenStates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Tests how the engine copies a lost worker's state to the next worker. This process plays both workers. */
@EnabledOnOs(OS.LINUX)
class WorkerMemoryTest {
    private static final int STRIDE = 3 * PAGE;
    private static final long REQUEST = 4711;
    private static final byte[] STATE = "a state".getBytes();

    @Test
    void onlyTheStateOfTheRequestIsCopied() throws Throwable {
        String lost = memory("quern-state-" + UUID.randomUUID());
        String next = memory("quern-state-" + UUID.randomUUID());
        lay(lost, REQUEST, STATE.length);
        WorkerMemory from = WorkerMemory.open(lost);
        WorkerMemory to = WorkerMemory.open(next);
        long offset = WorkerMemory.SPACING;
        assertThat(from.copy(REQUEST + 1, to, offset, 1 << 20)).isFalse();
        assertThat(from.copy(REQUEST, to, offset, STATE.length - 1))
                .as("longer than the limit")
                .isFalse();
        assertThat(from.copy(REQUEST, to, offset, 1 << 20)).isTrue();
        try (FileChannel copied = FileChannel.open(Path.of(next), StandardOpenOption.READ)) {
            assertThat(read(copied, offset, 24).getLong(0)).isEqualTo(MAGIC);
            // the second slot; the first stays empty
            assertThat(read(copied, offset + PAGE, 8).getLong(0)).isZero();
            assertThat(read(copied, offset + PAGE + STRIDE, 8).getLong(0)).isEqualTo(REQUEST);
            assertThat(read(copied, offset + 2 * PAGE + STRIDE, STATE.length).array())
                    .isEqualTo(STATE);
            assertThat(copied.size()).isEqualTo(offset + PAGE + 2 * STRIDE);
        }
        from.release();
        assertThatThrownBy(() -> from.copy(REQUEST, to, 2 * offset, 1 << 20)).isInstanceOf(IOException.class);
        to.release();
    }

    /** The worker may still run, and use the place for other states. */
    @Test
    void stateThatIsOverwrittenMeanwhileIsNotCopied() throws Throwable {
        int bytes = 256 << 10;
        int stride = PAGE + bytes;
        String writer = memory("quern-state-" + UUID.randomUUID());
        String next = memory("quern-state-" + UUID.randomUUID());
        WorkerMemory from = WorkerMemory.open(writer);
        WorkerMemory to = WorkerMemory.open(next);
        AtomicBoolean stop = new AtomicBoolean();
        try (FileChannel written = FileChannel.open(Path.of(writer), StandardOpenOption.WRITE);
                FileChannel copied = FileChannel.open(Path.of(next), StandardOpenOption.READ)) {
            written.write(ByteBuffer.allocate(1), PAGE + stride - 1);
            written.write(longs(MAGIC, stride, 1), 0);
            Thread worker = Thread.ofPlatform().start(() -> {
                byte[] state = new byte[bytes];
                for (byte mark = 0; !stop.get(); mark++) {
                    Arrays.fill(state, mark);
                    try {
                        written.write(longs(0), PAGE);
                        written.write(ByteBuffer.wrap(state), 2 * PAGE);
                        written.write(longs(7, bytes, mark), PAGE + Long.BYTES);
                        written.write(longs(REQUEST), PAGE);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            });
            int complete = 0;
            long end = System.nanoTime() + 2_000_000_000L;
            while (complete < 100 && System.nanoTime() < end) {
                if (from.copy(REQUEST, to, WorkerMemory.SPACING, 1 << 20)) {
                    complete++;
                    ByteBuffer state = read(copied, WorkerMemory.SPACING + 2 * PAGE, bytes);
                    byte mark = (byte) read(copied, WorkerMemory.SPACING + PAGE + 3 * Long.BYTES, 8)
                            .getLong(0);
                    byte[] expected = new byte[bytes];
                    Arrays.fill(expected, mark);
                    assertThat(Arrays.equals(state.array(), expected)).isTrue();
                }
            }
            assertThat(complete).isPositive();
            stop.set(true);
            worker.join();
        }
        from.release();
        to.release();
    }

    @Test
    void workerFindsStateThatAnotherWorkerKept() throws IOException {
        WorkerMemory from = WorkerMemory.open(WrittenStates.of(REQUEST, 7, -1, Long.MIN_VALUE, STATE));
        String next = WrittenStates.empty();
        WorkerMemory to = WorkerMemory.open(next);
        assertThat(from.copy(REQUEST, to, WorkerMemory.SPACING, STATE.length)).isTrue();
        assertThat(WrittenStates.find(next, WorkerMemory.SPACING, REQUEST)).hasValueSatisfying(found -> {
            assertThat(found.tokens()).isEqualTo(7);
            assertThat(found.hash()).isEqualTo(-1);
            assertThat(found.scope()).isEqualTo(Long.MIN_VALUE);
            assertThat(found.state()).isEqualTo(STATE);
        });
        from.release();
        to.release();
    }

    @Test
    void forgedLayoutCopiesNothing() throws Throwable {
        String lost = memory("quern-state-" + UUID.randomUUID());
        WorkerMemory from = WorkerMemory.open(lost);
        assertThat(from.copy(REQUEST, from, WorkerMemory.SPACING, 1 << 20))
                .as("nothing there")
                .isFalse();
        for (long bytes : new long[] {-1, 0, STRIDE, Long.MAX_VALUE}) {
            lay(lost, REQUEST, bytes);
            assertThat(from.copy(REQUEST, from, WorkerMemory.SPACING, Long.MAX_VALUE))
                    .as("%d bytes", bytes)
                    .isFalse();
        }
        from.release();
    }

    @Test
    void descriptorOfAnythingElseIsRefused() throws Throwable {
        assertThatThrownBy(() -> WorkerMemory.open("/proc/self/mem")).hasMessageContaining("not a descriptor");
        String other = memory("something-else");
        assertThatThrownBy(() -> WorkerMemory.open(other)).hasMessageContaining("not a worker's memory");
    }

    private static void lay(String path, long request, long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(Path.of(path), StandardOpenOption.WRITE)) {
            channel.write(longs(MAGIC, STRIDE, 2), 0);
            channel.write(longs(request, 7, bytes, 1), PAGE + STRIDE);
            channel.write(ByteBuffer.wrap(STATE), 2 * PAGE + STRIDE);
            channel.write(ByteBuffer.allocate(1), PAGE + 2 * STRIDE - 1);
        }
    }

    private static ByteBuffer longs(long... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.nativeOrder());
        for (long value : values) {
            buffer.putLong(value);
        }
        return buffer.flip();
    }

    private static ByteBuffer read(FileChannel channel, long at, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
        assertThat(channel.read(buffer, at)).isEqualTo(bytes);
        return buffer.flip();
    }

    private static String memory(String name) throws Throwable {
        Linker linker = Linker.nativeLinker();
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = (int) linker.downcallHandle(
                            linker.defaultLookup().findOrThrow("memfd_create"),
                            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT))
                    .invokeExact(arena.allocateFrom(name), 1);
            return "/proc/" + ProcessHandle.current().pid() + "/fd/" + descriptor;
        }
    }
}
