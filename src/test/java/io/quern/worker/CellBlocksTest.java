package io.quern.worker;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import io.quern.llama.Batch;
import io.quern.llama.ContextSettings;
import io.quern.llama.LlamaContext;
import io.quern.llama.LlamaModel;
import io.quern.llama.TestNatives;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies from the cache of a real context. */
@EnabledOnOs(OS.LINUX)
class CellBlocksTest {
    private static final int SLOTS = 3;
    private static final int CONTEXT = 256;
    private static final int SLOT = 1;

    private final LlamaModel model = TestNatives.load(TestModels.demo());
    private final Batch batch = new Batch(64);
    private final Arena arena = Arena.ofConfined();
    private LlamaContext context;

    @AfterEach
    void close() {
        arena.close();
        batch.close();
        context.close();
        model.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void appendedCopyIsTheWholeState(boolean bf16Keys) throws IOException {
        context = LlamaContext.create(model, new ContextSettings(SLOTS, CONTEXT, 64, 1, true, bf16Keys, false));
        // the slot has held something else, and others have been computed beside it
        decode(SLOT, 0, 50);
        decode(0, 0, 11);
        context.truncate(SLOT, 7);
        decode(SLOT, 7, 12);
        CellBlocks blocks = blocks().orElseThrow();
        MemorySegment copy = arena.allocate(blocks.bytes(4));
        blocks.begin(copy, SLOT);
        blocks.append(copy, SLOT, 0);
        blocks.append(copy, SLOT, 1);
        decode(2, 0, 30);
        decode(SLOT, 19, 13);
        blocks.append(copy, SLOT, 2);
        blocks.append(copy, SLOT, 3);
        MemorySegment state = state();
        assertThat(CellBlocks.state(copy, 32, SLOTS, arena).orElseThrow().mismatch(state))
                .as("where it differs from llama.cpp's own copy")
                .isEqualTo(-1);
        context.remove(2);
        assertThat(context.loadState(2, CellBlocks.state(copy, 32, SLOTS, arena).orElseThrow()))
                .isTrue();
        assertThat(context.nextPosition(2)).isEqualTo(32);
    }

    @Test
    void copyOfABeginningIsTheStateItHad() throws IOException {
        context = LlamaContext.create(model, new ContextSettings(SLOTS, CONTEXT, 64, 1, true));
        decode(SLOT, 0, 8);
        MemorySegment state = state();
        decode(SLOT, 8, 5);
        CellBlocks blocks = blocks().orElseThrow();
        MemorySegment copy = arena.allocate(blocks.bytes(1));
        blocks.begin(copy, SLOT);
        blocks.append(copy, SLOT, 0);
        assertThat(CellBlocks.state(copy, 8, SLOTS, arena).orElseThrow().mismatch(state))
                .isEqualTo(-1);
    }

    @Test
    void damagedCopiesAreNoStates() throws IOException {
        context = LlamaContext.create(model, new ContextSettings(SLOTS, CONTEXT, 64, 1, true));
        decode(SLOT, 0, 16);
        CellBlocks blocks = blocks().orElseThrow();
        MemorySegment copy = arena.allocate(blocks.bytes(2));
        blocks.begin(copy, SLOT);
        assertThat(CellBlocks.state(copy, 16, SLOTS, arena)).isPresent();
        assertThat(CellBlocks.state(copy, 8, SLOTS, arena)).isEmpty();
        assertThat(CellBlocks.state(copy, 16, SLOTS + 1, arena)).isEmpty();
        assertThat(CellBlocks.state(copy.asSlice(0, 8), 16, SLOTS, arena)).isEmpty();
        for (int layers : new int[] {-1, 0, 1, Integer.MAX_VALUE}) {
            MemorySegment damaged = arena.allocate(copy.byteSize()).copyFrom(copy);
            damaged.set(JAVA_INT, 12, layers);
            assertThat(CellBlocks.state(damaged, 16, SLOTS, arena)).isEmpty();
        }
        long rows = copy.byteSize() - blocks.bytes(0);
        assertThat(CellBlocks.state(copy.asSlice(0, blocks.bytes(0) + rows / 16 * 12), 12, SLOTS, arena))
                .as("not whole blocks")
                .isEmpty();
        for (int tokens : new int[] {Integer.MIN_VALUE, -8, 0}) {
            assertThat(CellBlocks.state(copy, tokens, SLOTS, arena)).isEmpty();
        }
        MemorySegment vast = arena.allocate(copy.byteSize()).copyFrom(copy);
        vast.set(JAVA_LONG, 16, Long.MAX_VALUE);
        assertThat(CellBlocks.state(vast, 16, SLOTS, arena)).isEmpty();
        copy.set(JAVA_LONG, 16, -copy.get(JAVA_LONG, 16));
        assertThat(CellBlocks.state(copy, 16, SLOTS, arena)).isEmpty();
    }

    @Test
    void otherMemoryIsNotTakenForTheCache() {
        context = LlamaContext.create(model, new ContextSettings(SLOTS, CONTEXT, 64, 1, true));
        decode(SLOT, 0, 16);
        MemorySegment state = state();
        long bytes = PlainState.read(state, SLOTS).orElseThrow().tokenBytes() * SLOTS * CONTEXT;
        assertThat(CellBlocks.of(state, SLOTS, CONTEXT, arena.allocate(bytes))).isEmpty();
        assertThat(CellBlocks.of(state, SLOTS, CONTEXT, arena.allocate(bytes / 2)))
                .isEmpty();
    }

    @Test
    void cacheWithoutFlashAttentionHasAnotherForm() {
        context = LlamaContext.create(model, new ContextSettings(SLOTS, CONTEXT, 64, 1, false));
        decode(SLOT, 0, 16);
        assertThat(PlainState.read(state(), SLOTS)).isEmpty();
    }

    private void decode(int slot, int from, int count) {
        batch.clear();
        for (int position = from; position < from + count; position++) {
            batch.add(5 + position, position, slot, position == from + count - 1);
        }
        context.decode(batch);
    }

    private MemorySegment state() {
        MemorySegment state = arena.allocate(context.stateBytes(SLOT));
        assertThat(context.saveState(SLOT, state)).isEqualTo(state.byteSize());
        return state;
    }

    /** Finds the cache in the memory of this process; a worker gets its address from the launcher. */
    private Optional<CellBlocks> blocks() throws IOException {
        MemorySegment state = state();
        PlainState form = PlainState.read(state, SLOTS).orElseThrow();
        long bytes = form.tokenBytes() * SLOTS * CONTEXT;
        PlainState.Rows keys = form.tensors().getFirst();
        long firstKey = state.get(JAVA_LONG_UNALIGNED, keys.at());
        long before = SLOT * CONTEXT * keys.bytes();
        List<String> maps = Files.readAllLines(Path.of("/proc/self/maps"));
        for (String line : maps) {
            String[] fields = line.split("[- ]+");
            long begin = Long.parseUnsignedLong(fields[0], 16);
            long end = Long.parseUnsignedLong(fields[1], 16);
            if (!fields[2].equals("rw") || !line.contains(" 00:00 0") || line.contains("[") || end - begin < bytes) {
                continue;
            }
            MemorySegment area = MemorySegment.ofAddress(begin).reinterpret(end - begin);
            for (long at = 0; at <= end - begin - bytes; at += 64) {
                if (area.get(JAVA_LONG, at + before) != firstKey) {
                    continue;
                }
                Optional<CellBlocks> found = CellBlocks.of(state, SLOTS, CONTEXT, area.asSlice(at, bytes));
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }
}
