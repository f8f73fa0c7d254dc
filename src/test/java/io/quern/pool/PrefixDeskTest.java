package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.wire.PrefixComputed;
import io.quern.wire.PrefixFound;
import io.quern.wire.PrefixSought;
import io.quern.worker.WrittenPrefixes;
import io.quern.worker.WrittenStates;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Tests the engine's end of the exchange of prefixes. This process plays the workers, honest and corrupt ones. */
@EnabledOnOs(OS.LINUX)
class PrefixDeskTest {
    private static final PrefixScope SCOPE = new PrefixScope("one client");
    private static final int[] TOKENS = IntStream.range(0, 70).toArray();
    private static final byte[] STATE = "the state of a prefix".getBytes();
    private static final long BYTES = WrittenPrefixes.bytes(TOKENS.length, STATE.length);
    private static final List<Long> HASHES = List.of(11L, 12L);

    private final PrefixStore store = new PrefixStore(1 << 20);
    private final Outbox outbox = new Outbox(null);
    private WrittenPrefixes.Target target;
    private WorkerMemory memory;
    private PrefixDesk desk;

    @BeforeEach
    void open() throws IOException {
        target = WrittenPrefixes.target();
        memory = WorkerMemory.open(target.path());
        desk = new PrefixDesk(0, store, outbox, () -> Optional.of(memory));
    }

    @AfterEach
    void close() {
        desk.close();
        store.close();
        memory.release();
    }

    @Test
    void offeredStateReachesTheNextWorker() throws IOException {
        offer(offer(WrittenPrefixes.of(TOKENS, STATE)), SCOPE);
        assertThat(store.size()).isOne();
        PrefixFound.Builder found = PrefixFound.newBuilder().setRequest(7);
        desk.sought(sought(1), SCOPE);
        assertThat(target.find(1, TOKENS.length, BYTES)).as("not copied yet").isEmpty();
        desk.writes(EngineFrames.prefixFound(found));
        assertThat(target.find(1, TOKENS.length, BYTES)).hasValueSatisfying(state -> {
            assertThat(state.tokens()).isEqualTo(TOKENS);
            assertThat(state.state()).isEqualTo(STATE);
        });
        assertThat(target.find(1, TOKENS.length, BYTES))
                .as("a worker gives the pages back")
                .isEmpty();
    }

    @Test
    void requestOfAnotherScopeOrNoneGetsNothing() throws IOException {
        offer(offer(WrittenPrefixes.of(TOKENS, STATE)), SCOPE);
        for (PrefixScope scope : List.of(new PrefixScope("another client"), PrefixScope.NONE)) {
            desk.sought(sought(0), scope);
            desk.writes(EngineFrames.prefixFound(PrefixFound.newBuilder().setRequest(7)));
            assertThat(target.find(0, TOKENS.length, BYTES)).isEmpty();
        }
    }

    @Test
    void offerOfARequestThatIsOverIsNotTaken() throws IOException {
        offer(offer(WrittenPrefixes.of(TOKENS, STATE)), PrefixScope.NONE);
        assertThat(store.size()).isZero();
    }

    @Test
    void whatACorruptWorkerOffersIsNotTaken() throws IOException {
        String complete = WrittenPrefixes.of(TOKENS, STATE);
        List<PrefixComputed> corrupt = List.of(
                offer(WrittenPrefixes.unsealed(TOKENS, STATE)),
                offer(WrittenStates.empty()),
                offer("/proc/self/mem"),
                offer("/proc/1/fd/999999"),
                offer(complete).toBuilder().setTokens(71).build(),
                offer(complete).toBuilder().setTokens(-1).build(),
                offer(complete).toBuilder().setBytes(BYTES - 1).build(),
                offer(complete).toBuilder().setBytes(Long.MIN_VALUE).build(),
                offer(complete).toBuilder().setBytes(2 << 20).build(),
                offer(complete).toBuilder().clearHashes().build(),
                offer(complete).toBuilder().addHashes(13).build());
        for (PrefixComputed lie : corrupt) {
            offer(lie, SCOPE);
            assertThat(store.size()).as("%s", lie).isZero();
        }
        offer(offer(complete), SCOPE);
        assertThat(store.size()).isOne();
    }

    @Test
    void corruptQuestionGetsNothing() throws IOException {
        offer(offer(WrittenPrefixes.of(TOKENS, STATE)), SCOPE);
        for (PrefixSought lie : List.of(
                sought(2),
                sought(-1),
                sought(0).toBuilder().setHeld(-1).build(),
                sought(0).toBuilder().clearHashes().build())) {
            desk.sought(lie, SCOPE);
            desk.writes(EngineFrames.prefixFound(PrefixFound.newBuilder().setRequest(7)));
        }
        for (int place = 0; place < 2; place++) {
            assertThat(target.find(place, TOKENS.length, BYTES)).isEmpty();
        }
    }

    @Test
    void closedDeskCopiesAndTakesNothing() throws IOException {
        offer(offer(WrittenPrefixes.of(TOKENS, STATE)), SCOPE);
        desk.sought(sought(0), SCOPE);
        desk.close();
        desk.writes(EngineFrames.prefixFound(PrefixFound.newBuilder().setRequest(7)));
        assertThat(target.find(0, TOKENS.length, BYTES)).isEmpty();
        desk.sought(sought(0), SCOPE);
        desk.writes(EngineFrames.prefixFound(PrefixFound.newBuilder().setRequest(7)));
        assertThat(target.find(0, TOKENS.length, BYTES)).isEmpty();
    }

    @Test
    void answerThatIsNotQueuedIsReported() {
        assertThat(desk.sought(sought(0), SCOPE)).isTrue();
        assertThat(desk.computed(offer("/proc/self/mem"), SCOPE)).isTrue();
        outbox.close();
        assertThat(desk.sought(sought(0), SCOPE)).isFalse();
        assertThat(desk.computed(offer("/proc/self/mem"), SCOPE)).isFalse();
    }

    private static PrefixComputed offer(String path) {
        return PrefixComputed.newBuilder()
                .setRequest(7)
                .setNumber(3)
                .setPath(path)
                .setTokens(TOKENS.length)
                .setBytes(BYTES)
                .addAllHashes(HASHES)
                .build();
    }

    private void offer(PrefixComputed offer, PrefixScope scope) {
        desk.computed(offer, scope);
        desk.writes(EngineFrames.prefixTaken(offer.getNumber()));
    }

    private static PrefixSought sought(int place) {
        return PrefixSought.newBuilder()
                .setRequest(7)
                .setPlace(place)
                .addAllHashes(HASHES)
                .build();
    }
}
