package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.wire.PrefixLayout;
import io.quern.worker.WrittenStates;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class PrefixStoreTest {
    private static final PrefixScope ONE = new PrefixScope("one client");
    private static final PrefixScope OTHER = new PrefixScope("another client");
    private static final int MAX_BYTES = 1000;

    private final PrefixStore store = new PrefixStore(MAX_BYTES);

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void longestPrefixIsFound() throws IOException {
        StoredPrefix four = add(ONE, 4, 100, hashes(1, 2, 3, 4));
        StoredPrefix nine = add(ONE, 9, 200, hashes(1, 2, 3, 4, 5, 6, 7, 8, 9));
        assertThat(find(ONE, 0, 1, 2, 3, 4, 5, 6, 70)).contains(nine);
        assertThat(find(ONE, 0, 1, 2, 3, 4, 50))
                .as("both have it, and the small one is cheaper to copy")
                .contains(four);
        assertThat(find(ONE, 0, 10, 20)).isEmpty();
    }

    @Test
    void otherClientFindsNothing() throws IOException {
        add(ONE, 4, 100, hashes(1, 2, 3, 4));
        assertThat(find(OTHER, 0, 1, 2, 3, 4)).isEmpty();
        assertThat(find(PrefixScope.NONE, 0, 1, 2, 3, 4)).isEmpty();
        assertThat(store.find(OTHER, hashes(1, 2, 3, 4), 0, true).parts()).isZero();
    }

    @Test
    void stateMustSaveEnoughTokens() throws IOException {
        StoredPrefix state = add(ONE, 4, 100, hashes(1, 2, 3, 4));
        int worth = 4 * PrefixLayout.BLOCK - PrefixLayout.WORTH_IT;
        assertThat(find(ONE, worth, 1, 2, 3, 4)).contains(state);
        assertThat(find(ONE, worth + 1, 1, 2, 3, 4)).isEmpty();
    }

    @Test
    void stateThatCannotBeShortenedNeedsAllOfItsTokens() throws IOException {
        StoredPrefix state = new StoredPrefix(ONE, 96, 100, true, hashes(1, 2, 3), memory());
        assertThat(store.add(state)).isTrue();
        assertThat(find(ONE, 0, 1, 2)).isEmpty();
        assertThat(find(ONE, 0, 1, 2, 30)).isEmpty();
        assertThat(find(ONE, 0, 1, 2, 3, 4)).contains(state);
    }

    @Test
    void placeWherePromptsPartIsReported() {
        assertThat(parts(1, 2, 3)).isZero();
        assertThat(parts(1, 2, 4, 5)).isEqualTo(2 * PrefixLayout.BLOCK);
        assertThat(parts(1, 2, 4)).isEqualTo(3 * PrefixLayout.BLOCK);
        assertThat(parts(9, 10, 11)).isZero();
    }

    @Test
    void sizeIsBoundedAndTheLeastUsefulMakesRoom() throws IOException {
        StoredPrefix useful = add(ONE, 4, 400, hashes(1, 2, 3, 4));
        StoredPrefix unused = add(ONE, 4, 400, hashes(11, 12, 13, 14));
        assertThat(find(ONE, 0, 1, 2, 3, 4)).contains(useful);
        StoredPrefix third = add(ONE, 4, 400, hashes(21, 22, 23, 24));
        assertThat(store.bytes()).isEqualTo(800);
        assertThat(find(ONE, 0, 11, 12, 13, 14)).isEmpty();
        assertThat(find(ONE, 0, 1, 2, 3, 4)).contains(useful);
        assertThat(find(ONE, 0, 21, 22, 23, 24)).contains(third);
        assertThatThrownBy(() -> unused.memory.requirePrefix(1, 1))
                .as("released")
                .isInstanceOf(IOException.class);
        assertThat(store.add(new StoredPrefix(ONE, 64, MAX_BYTES + 1, false, hashes(5, 6), memory())))
                .as("larger than the store")
                .isFalse();
        assertThat(store.size()).isEqualTo(2);
    }

    @Test
    void whatWasUsefulLongAgoMakesRoomInTheEnd() throws IOException {
        add(ONE, 4, 500, hashes(1, 2, 3, 4));
        for (int use = 0; use < 3; use++) {
            find(ONE, 0, 1, 2, 3, 4);
        }
        for (int i = 1; i < 20; i++) {
            add(ONE, 4, 500, hashes(100 * i, 100 * i + 1, 100 * i + 2, 100 * i + 3));
        }
        assertThat(find(ONE, 0, 1, 2, 3, 4)).isEmpty();
    }

    @Test
    void numberIsBounded() throws IOException {
        for (int i = 0; i <= PrefixStore.MAX_STATES; i++) {
            add(ONE, 2, 1, hashes(2 * i, 2 * i + 1));
        }
        assertThat(store.size()).isEqualTo(PrefixStore.MAX_STATES);
    }

    @Test
    void indexIsBounded() throws IOException {
        int half = PrefixStore.MAX_BLOCKS / 2;
        for (int i = 0; i < 3; i++) {
            List<Long> hashes = LongStream.range((long) i * half, (long) (i + 1) * half)
                    .boxed()
                    .toList();
            add(ONE, half, 1, hashes);
            assertThat(store.size()).isEqualTo(Math.min(i + 1, 2));
        }
    }

    @Test
    void longerStateOfTheSameConversationReplacesTheShorterOne() throws IOException {
        add(ONE, 4, 100, hashes(1, 2, 3, 4));
        StoredPrefix longer = add(ONE, 6, 150, hashes(1, 2, 3, 4, 5, 6));
        assertThat(store.bytes()).isEqualTo(150);
        assertThat(find(ONE, 0, 1, 2, 3, 4)).contains(longer);
        assertThat(store.add(new StoredPrefix(ONE, 192, 150, false, hashes(1, 2, 3, 4, 5, 6), memory())))
                .as("another worker computed the same")
                .isFalse();
    }

    @Test
    void stateInUseOutlivesItsEviction() throws IOException {
        StoredPrefix state = add(ONE, 4, 600, hashes(1, 2, 3, 4));
        Optional<StoredPrefix> used =
                store.find(ONE, hashes(1, 2, 3, 4), 0, false).state();
        assertThat(used).contains(state);
        add(ONE, 4, 600, hashes(11, 12, 13, 14));
        assertThat(find(ONE, 0, 1, 2, 3, 4)).isEmpty();
        assertThatThrownBy(() -> state.memory.requirePrefix(1, 1)).hasMessageContaining("does not hold");
        state.memory.release();
        assertThatThrownBy(() -> state.memory.requirePrefix(1, 1)).isInstanceOf(IOException.class);
    }

    @Test
    void closedStoreTakesNothing() throws IOException {
        add(ONE, 4, 100, hashes(1, 2, 3, 4));
        store.close();
        assertThat(store.bytes()).isZero();
        assertThat(store.add(new StoredPrefix(ONE, 64, 1, false, hashes(1, 2), memory())))
                .isFalse();
    }

    private StoredPrefix add(PrefixScope scope, int blocks, long bytes, List<Long> hashes) throws IOException {
        StoredPrefix state = new StoredPrefix(scope, blocks * PrefixLayout.BLOCK, bytes, false, hashes, memory());
        assertThat(store.add(state)).isTrue();
        return state;
    }

    private static WorkerMemory memory() throws IOException {
        return WorkerMemory.open(WrittenStates.empty());
    }

    private Optional<StoredPrefix> find(PrefixScope scope, int held, long... hashes) {
        Optional<StoredPrefix> found =
                store.find(scope, hashes(hashes), held, false).state();
        found.ifPresent(state -> state.memory.release());
        return found;
    }

    private int parts(long... hashes) {
        return store.find(ONE, hashes(hashes), 0, true).parts();
    }

    private static List<Long> hashes(long... hashes) {
        return LongStream.of(hashes).boxed().toList();
    }
}
