package io.quern.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopologyPolicyTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;
    private static final StartFacts FORKED = new StartFacts(true, false, false, false, false, true);
    private static final StartFacts SPAWNED = new StartFacts(false, false, false, false, false, true);
    private static final StartFacts INLINE = new StartFacts(false, true, false, false, false, true);
    private static final StartFacts EMBEDDED = new StartFacts(true, false, false, false, true, true);

    /** Answers depend on the number of threads. */
    private static final StartFacts INEXACT = new StartFacts(true, false, false, false, false, false);

    /** Weights and the KV cache of a slot of 4096 tokens, in MiB. */
    private enum Model {
        SMOLLM2_135M(88, 90),
        LLAMA_1B(800, 128),
        LLAMA_7B(4_200, 512),
        LLAMA_70B(40_000, 1_280);

        private final long weights;
        private final long slot;

        Model(long weights, long slot) {
            this.weights = weights * MIB;
            this.slot = slot * MIB;
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # model       | cpus | nodes | memory GiB | workers | threads | slots
            SMOLLM2_135M  | 0.5  | 0     | 1          | 1       | 1       | 4
            SMOLLM2_135M  | 0.5  | 0     | 8          | 1       | 1       | 32
            SMOLLM2_135M  | 1    | 1     | 8          | 1       | 1       | 32
            SMOLLM2_135M  | 2    | 1     | 0.5        | 1       | 1       | 4
            SMOLLM2_135M  | 2    | 1     | 2          | 2       | 1       | 2
            SMOLLM2_135M  | 2    | 1     | 24         | 2       | 1       | 32
            SMOLLM2_135M  | 8    | 1     | 32         | 7       | 1       | 22
            SMOLLM2_135M  | 64   | 2     | 256        | 32      | 1       | 32
            LLAMA_1B      | 0.5  | 0     | 8          | 1       | 1       | 5
            LLAMA_1B      | 2    | 1     | 16         | 2       | 1       | 11
            LLAMA_1B      | 8    | 1     | 32         | 3       | 2       | 23
            LLAMA_7B      | 2    | 1     | 24         | 2       | 1       | 2
            LLAMA_7B      | 8    | 1     | 16         | 1       | 7       | 11
            LLAMA_7B      | 8    | 1     | 6          | 1       | 7       | 4
            LLAMA_7B      | 64   | 1     | 256        | 7       | 9       | 20
            LLAMA_7B      | 64   | 2     | 256        | 6       | 10      | 22
            LLAMA_70B     | 8    | 1     | 64         | 1       | 7       | 4
            LLAMA_70B     | 64   | 1     | 256        | 1       | 63      | 15
            LLAMA_70B     | 64   | 2     | 256        | 2       | 31      | 7
            """)
    void forkedWorkersShareTheCores(
            Model model, double cpus, int nodes, double memory, int workers, int threads, int slots) {
        Topology chosen = TopologyPolicy.choose(inputs(model, cpus, nodes, memory, FORKED, Wishes.NONE));
        assertThat(chosen.text()).isEqualTo(text(workers, threads, slots));
        assertThat(chosen.reasons()).extracting(Topology.Reason::message).doesNotContain("");
        assertThat(chosen.devices()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # model      | cpus | workers | threads | slots
            SMOLLM2_135M | 0.5  | 1       | 1       | 5
            SMOLLM2_135M | 2    | 1       | 1       | 5
            SMOLLM2_135M | 8    | 1       | 7       | 5
            LLAMA_7B     | 8    | 1       | 7       | 4
            """)
    void workersWithOwnWeightsAreOne(Model model, double cpus, int workers, int threads, int slots) {
        for (StartFacts start : List.of(SPAWNED, INLINE)) {
            assertThat(TopologyPolicy.choose(inputs(model, cpus, 1, 64, start, Wishes.NONE))
                            .text())
                    .isEqualTo(text(workers, threads, slots));
        }
    }

    @Test
    void boundWorkersAreOneForEachNode() {
        StartFacts bound = new StartFacts(false, false, true, false, false, true);
        assertThat(TopologyPolicy.choose(inputs(Model.LLAMA_7B, 64, 2, 256, bound, Wishes.NONE)))
                .returns(2, Topology::workers)
                .returns(31, Topology::threads);
    }

    @Test
    void developmentAndEmbeddingHaveOneWorker() {
        for (StartFacts start : List.of(new StartFacts(true, false, false, true, false, true), EMBEDDED)) {
            assertThat(TopologyPolicy.choose(inputs(Model.SMOLLM2_135M, 8, 1, 64, start, Wishes.NONE))
                            .workers())
                    .isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            # configured        | result
            # workers | threads | slots | workers | threads | slots
            1         | -       | -     | 1       | 7       | 32
            2         | -       | -     | 2       | 3       | 32
            20        | -       | -     | 20      | 1       | 5
            -         | 1       | -     | 7       | 1       | 22
            -         | 3       | -     | 2       | 3       | 32
            -         | 16      | -     | 1       | 16      | 32
            -         | -       | 1     | 7       | 1       | 1
            -         | -       | 200   | 1       | 7       | 200
            3         | 5       | 9     | 3       | 5       | 9
            """)
    void configuredNumbersWinAndOthersAdapt(
            Integer workers, Integer threads, Integer slots, int chosenWorkers, int chosenThreads, int chosenSlots) {
        Topology chosen = TopologyPolicy.choose(
                inputs(Model.SMOLLM2_135M, 8, 1, 32, FORKED, new Wishes(set(workers), set(threads), set(slots))));
        assertThat(chosen.text()).isEqualTo(text(chosenWorkers, chosenThreads, chosenSlots));
        if (workers != null) {
            assertThat(chosen.reasons().getFirst().message()).isEqualTo("quern.pool.workers is set");
        }
    }

    @Test
    void modelsThatComputeTogetherShareTheCores() {
        TopologyInputs alone = inputs(Model.SMOLLM2_135M, 8, 1, 32, FORKED, Wishes.NONE);
        TopologyInputs one = new TopologyInputs(
                alone.wishes(),
                new Processors(8, 1, 2),
                alone.memory(),
                alone.model(),
                alone.accelerators(),
                alone.start());
        assertThat(TopologyPolicy.choose(one))
                .returns(4, Topology::workers)
                .returns(1, Topology::threads)
                .returns(18, Topology::slots);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # model      | cpus | nodes | threads | most
            SMOLLM2_135M | 0.5  | 0     | 1       | 1
            SMOLLM2_135M | 2    | 1     | 1       | 2
            SMOLLM2_135M | 8    | 1     | 1       | 5
            SMOLLM2_135M | 64   | 2     | 1       | 5
            LLAMA_1B     | 8    | 1     | 2       | 8
            LLAMA_1B     | 64   | 1     | 2       | 50
            LLAMA_7B     | 2    | 1     | 1       | 2
            LLAMA_7B     | 8    | 1     | 7       | 8
            LLAMA_7B     | 64   | 1     | 9       | 64
            LLAMA_7B     | 64   | 2     | 10      | 32
            """)
    void idleCoresOfNodeAreForLargeWeights(Model model, double cpus, int nodes, int threads, int most) {
        assertThat(TopologyPolicy.choose(inputs(model, cpus, nodes, 256, FORKED, Wishes.NONE)))
                .returns(threads, Topology::threads)
                .returns(most, Topology::mostThreads);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "31, 1", "32, 2", "47, 2", "48, 3", "128, 8", "1000, 8"})
    void eachThreadNeedsSixteenMibOfWeights(long mib, int most) {
        TopologyInputs in = inputs(Model.SMOLLM2_135M, 8, 1, 32, FORKED, Wishes.NONE);
        ModelSize size = new ModelSize(2 * mib * MIB, mib * MIB);
        TopologyInputs sized =
                new TopologyInputs(in.wishes(), in.processors(), in.memory(), size, in.accelerators(), in.start());
        assertThat(TopologyPolicy.choose(sized).mostThreads()).isEqualTo(most);
    }

    @Test
    void modelsThatComputeTogetherShareMostThreads() {
        TopologyInputs in = inputs(Model.LLAMA_7B, 8, 1, 32, FORKED, Wishes.NONE);
        TopologyInputs one = new TopologyInputs(
                in.wishes(), new Processors(8, 1, 2), in.memory(), in.model(), in.accelerators(), in.start());
        assertThat(TopologyPolicy.choose(one).mostThreads()).isEqualTo(4);
    }

    @Test
    void inlineEmbeddedAndInexactWorkersHaveFixedThreads() {
        for (StartFacts start : List.of(INLINE, EMBEDDED, INEXACT)) {
            assertThat(TopologyPolicy.choose(inputs(Model.LLAMA_7B, 8, 1, 64, start, Wishes.NONE)))
                    .as("%s", start)
                    .returns(7, Topology::threads)
                    .returns(7, Topology::mostThreads);
        }
        StartFacts development = new StartFacts(true, false, false, true, false, true);
        for (StartFacts start : List.of(FORKED, SPAWNED, development)) {
            assertThat(TopologyPolicy.choose(inputs(Model.LLAMA_7B, 8, 1, 16, start, Wishes.NONE)))
                    .as("%s", start)
                    .returns(7, Topology::threads)
                    .returns(8, Topology::mostThreads);
        }
    }

    @Test
    void workersOnAcceleratorsHaveFixedThreads() {
        Accelerators two = accelerators(Model.LLAMA_7B, List.of("GPU-1", "GPU-2"), Optional.empty(), 80);
        assertThat(onAccelerators(Model.LLAMA_7B, two, Wishes.NONE)).returns(15, Topology::mostThreads);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            # configured   | result
            # threads | most | threads | most
            -         | -    | 1       | 5
            -         | 1    | 1       | 1
            -         | 3    | 1       | 3
            -         | 16   | 1       | 16
            2         | -    | 2       | 2
            2         | 6    | 2       | 6
            4         | 3    | 4       | 4
            """)
    void configuredMostThreadsWinButNeverBelowThreads(
            Integer threads, Integer most, int chosenThreads, int chosenMost) {
        Wishes wishes = new Wishes(OptionalInt.empty(), set(threads), set(most), OptionalInt.empty());
        assertThat(TopologyPolicy.choose(inputs(Model.SMOLLM2_135M, 8, 1, 32, FORKED, wishes)))
                .returns(chosenThreads, Topology::threads)
                .returns(chosenMost, Topology::mostThreads);
    }

    @Test
    void configuredMostThreadsWinWhereThreadsAreFixed() {
        Wishes wishes = new Wishes(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.of(20), OptionalInt.empty());
        for (StartFacts start : List.of(INLINE, EMBEDDED, INEXACT)) {
            assertThat(TopologyPolicy.choose(inputs(Model.LLAMA_7B, 8, 1, 64, start, wishes)))
                    .as("%s", start)
                    .returns(20, Topology::mostThreads);
        }
    }

    @Test
    void reasonOfThreadsNamesMostThreads() {
        assertThat(reasonOfThreads(Model.SMOLLM2_135M, Wishes.NONE))
                .isEqualTo("1 thread: the workers share 8 cores; up to 5 if that is faster and their cores are idle");
        assertThat(reasonOfThreads(Model.LLAMA_70B, Wishes.NONE))
                .isEqualTo("7 threads: all 8 cores but one; up to 8 if that is faster and their cores are idle");
        Wishes three = new Wishes(OptionalInt.empty(), OptionalInt.of(3), OptionalInt.empty());
        assertThat(reasonOfThreads(Model.SMOLLM2_135M, three)).isEqualTo("3 threads: quern.worker.threads is set");
    }

    @Test
    void eachAcceleratorGetsOneWorker() {
        Accelerators two = accelerators(Model.LLAMA_7B, List.of("GPU-1", "GPU-2"), Optional.empty(), 80);
        assertThat(onAccelerators(Model.LLAMA_7B, two, Wishes.NONE))
                .returns(2, Topology::workers)
                .returns(15, Topology::threads)
                .returns(32, Topology::slots)
                .returns(List.of("GPU-1", "GPU-2"), Topology::devices);
    }

    @Test
    void modelTooLargeForOneAcceleratorUsesAll() {
        Accelerators two = accelerators(Model.LLAMA_70B, List.of("GPU-1", "GPU-2"), Optional.empty(), 40);
        assertThat(onAccelerators(Model.LLAMA_70B, two, Wishes.NONE))
                .returns(1, Topology::workers)
                .returns(15, Topology::slots)
                .returns(List.of(), Topology::devices)
                .satisfies(chosen ->
                        assertThat(chosen.reasons().getFirst().message()).contains("does not fit on one accelerator"));
        Wishes both = new Wishes(OptionalInt.of(2), OptionalInt.empty(), OptionalInt.empty());
        assertThat(onAccelerators(Model.LLAMA_70B, two, both).devices()).isEmpty();
    }

    @Test
    void acceleratorsThatCannotBeSelectedHaveOneWorker() {
        Accelerators two = accelerators(Model.LLAMA_7B, List.of("", ""), Optional.empty(), 80);
        assertThat(onAccelerators(Model.LLAMA_7B, two, Wishes.NONE)).returns(1, Topology::workers);
        Accelerators configured = accelerators(Model.LLAMA_7B, List.of("", ""), Optional.of(List.of("0", "1")), 80);
        assertThat(onAccelerators(Model.LLAMA_7B, configured, Wishes.NONE))
                .returns(2, Topology::workers)
                .returns(List.of("0", "1"), Topology::devices);
    }

    /** Over all combinations: numbers are possible, and nothing exceeds the memory that one worker would not exceed. */
    @Test
    void choicesAreAlwaysPossible() {
        List<String> wrong = new ArrayList<>();
        for (Model model : Model.values()) {
            for (double cpus : new double[] {0.1, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 32, 64, 96, 256}) {
                for (int nodes : new int[] {0, 1, 2, 4, 8}) {
                    for (double memory : new double[] {0, 0.25, 1, 4, 16, 64, 1024}) {
                        for (StartFacts start : List.of(FORKED, SPAWNED, INLINE)) {
                            TopologyInputs in = inputs(model, cpus, nodes, memory, start, Wishes.NONE);
                            Topology chosen = TopologyPolicy.choose(in);
                            boolean threaded = chosen.threads() > 1;
                            if (chosen.workers() < 1
                                    || chosen.threads() < 1
                                    || chosen.slots() < 1
                                    || chosen.slots() > TopologyPolicy.MOST_SLOTS
                                    || chosen.workers() * chosen.slots() < TopologyPolicy.LEAST_SLOTS
                                    || chosen.workers() * chosen.threads() > Math.max(1, (int) cpus)
                                    || threaded && chosen.workers() * chosen.threads() >= cpus
                                    || chosen.mostThreads() < chosen.threads()
                                    || chosen.mostThreads() > Math.max(1, (int) cpus)
                                    || chosen.workers() > 1
                                            && !in.memory().allows(chosen.workers(), chosen.slots(), 1)) {
                                wrong.add(chosen + " for " + in);
                            }
                        }
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static OptionalInt set(Integer number) {
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }

    private static String text(int workers, int threads, int slots) {
        return Topology.count(workers, "worker") + " x " + Topology.count(threads, "thread") + " x "
                + Topology.count(slots, "slot");
    }

    private static String reasonOfThreads(Model model, Wishes wishes) {
        return TopologyPolicy.choose(inputs(model, 8, 1, 64, FORKED, wishes))
                .reasons()
                .get(1)
                .text();
    }

    private static Topology onAccelerators(Model model, Accelerators accelerators, Wishes wishes) {
        TopologyInputs in = inputs(model, 32, 1, 256, SPAWNED, wishes);
        return TopologyPolicy.choose(
                new TopologyInputs(in.wishes(), in.processors(), in.memory(), in.model(), accelerators, in.start()));
    }

    private static Accelerators accelerators(
            Model model, List<String> ids, Optional<List<String>> configured, long memoryGib) {
        return new Accelerators(
                ids, configured, new MemoryRoom(memoryGib * GIB, 0, model.weights + GIB, model.slot, 0, 0));
    }

    private static TopologyInputs inputs(
            Model model, double cpus, int nodes, double memoryGib, StartFacts start, Wishes wishes) {
        return new TopologyInputs(
                wishes,
                new Processors(cpus, nodes, 1),
                new MemoryRoom(
                        (long) (memoryGib * GIB),
                        model.weights + 208 * MIB,
                        100 * MIB,
                        model.slot,
                        model.slot * 9 / 8,
                        256 * MIB),
                new ModelSize(model.weights, model.weights),
                Accelerators.NONE,
                start);
    }
}
