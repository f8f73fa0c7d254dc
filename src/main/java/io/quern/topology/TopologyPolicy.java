package io.quern.topology;

import static io.quern.topology.Topology.count;

import io.quern.topology.Topology.Reason;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Chooses workers, threads and slots; a pure function. A configured number always wins, and the others adapt to it.
 *
 * <p>Where workers share their weights, single threads in many processes generate more tokens than many threads in one:
 * threads wait for each other after each operation. So each worker gets as few threads as give a stream a readable
 * speed, and there are as many workers as the cores allow.
 */
public final class TopologyPolicy {
    /** Each is a process with a JVM of its own. */
    static final int MOST_WORKERS = 32;

    /** Larger batches gain little on a processor, and each stream gets slower. */
    static final int MOST_SLOTS = 32;

    /** Slots that all workers of a model have together if memory or speed is short; the memory plan may lower them. */
    static final int LEAST_SLOTS = 4;

    /** Workers are added only while all of them fit into this share of the memory, with few slots. */
    private static final double WORKERS_SHARE = 0.75;

    /** Slots may take this share of the memory that weights and workers leave. Other programs need memory, too. */
    private static final double SLOTS_SHARE = 0.5;

    /** Without a launcher, a worker touches the cache of all of its slots at its start, which takes time. */
    private static final long MOST_TOUCHED = 512L << 20;

    /** With fewer tokens per second and slot, nobody waits for an answer. */
    private static final double SLOWEST = 0.5;

    private record Choice(int value, String why) {}

    private TopologyPolicy() {}

    public static Topology choose(TopologyInputs in) {
        Choice workers = in.wishes().workers().isPresent()
                ? configured(in.wishes().workers().getAsInt(), "quern.pool.workers")
                : workers(in);
        Choice threads = in.wishes().threads().isPresent()
                ? configured(in.wishes().threads().getAsInt(), "quern.worker.threads")
                : threads(in, workers.value);
        Choice slots = in.wishes().slots().isPresent()
                ? configured(in.wishes().slots().getAsInt(), "quern.worker.slots")
                : slots(in, workers.value, threads.value);
        int most = mostThreads(in, threads.value);
        return new Topology(
                workers.value,
                threads.value,
                most,
                slots.value,
                devices(in, workers.value).orElse(List.of()),
                List.of(reason("workers", workers), reason("threads", withMost(threads, most)), reason("slots", slots)),
                in.facts());
    }

    private static Choice configured(int value, String key) {
        return new Choice(value, key + " is set");
    }

    private static Reason reason(String number, Choice choice) {
        return new Reason(number, choice.value, choice.why);
    }

    private static Choice workers(TopologyInputs in) {
        StartFacts start = in.start();
        if (start.inline()) {
            return new Choice(1, "an inline worker is a thread of the engine");
        }
        if (!in.accelerators().none()) {
            return workersOnAccelerators(in.accelerators());
        }
        if (start.development()) {
            return new Choice(1, "in development and in tests one worker is enough");
        }
        if (start.embedded()) {
            return new Choice(1, "the application that contains the engine needs processors, too");
        }
        if (start.numaBinding()) {
            return fitting(in, in.processors().nodes(), "one for each NUMA node");
        }
        if (!start.sharedWeights()) {
            return new Choice(1, "each further worker would load its own copy of the weights");
        }
        return workersOnCores(in);
    }

    private static Choice workersOnAccelerators(Accelerators accelerators) {
        Optional<List<String>> configured = accelerators.configured();
        if (configured.isPresent()) {
            return new Choice(configured.get().size(), "one for each entry of quern.worker.devices");
        }
        int number = accelerators.ids().size();
        if (number == 1) {
            return new Choice(1, "one for the accelerator");
        }
        if (!accelerators.separable()) {
            return new Choice(
                    1, "one for all " + number + " accelerators; quern.worker.devices can give each worker its own");
        }
        return accelerators.holdOneEach()
                ? new Choice(number, "one for each accelerator")
                : new Choice(1, "the model does not fit on one accelerator, so one worker uses all " + number);
    }

    private static Choice workersOnCores(TopologyInputs in) {
        Processors processors = in.processors();
        int threads = threadsWanted(in);
        String speed = count(threads, "thread") + " for each " + (threads == 1 ? "gives" : "give") + " a stream "
                + in.speedText(threads);
        if (threads == 1) {
            int cores = processors.cores();
            // on many cores the engine itself needs some
            return fitting(in, cores - cores / 8, "the weights are shared, and " + speed);
        }
        int perNode = Math.max(1, processors.nodeForThreads() / threads);
        return fitting(in, processors.nodes() * perNode, "the weights are shared, and " + speed);
    }

    /** Returns the number, or as many as fit into memory. */
    private static Choice fitting(TopologyInputs in, int number, String why) {
        int most = Math.min(MOST_WORKERS, number);
        int fit = most;
        while (fit > 1 && !in.memory().allows(fit, leastSlots(in, fit), WORKERS_SHARE)) {
            fit--;
        }
        return new Choice(fit, fit == most ? why : why + "; there is not enough memory for " + most);
    }

    private static int leastSlots(TopologyInputs in, int workers) {
        return in.wishes().slots().orElse(Math.ceilDiv(LEAST_SLOTS, workers));
    }

    private static int threadsWanted(TopologyInputs in) {
        return in.wishes().threads().orElseGet(() -> in.threadsWanted());
    }

    private static Choice threads(TopologyInputs in, int workers) {
        Processors processors = in.processors();
        int perNode = Math.ceilDiv(workers, processors.nodes());
        int threads = Math.max(1, processors.nodeForThreads() / perNode);
        if (threads == 1 || workers > 1) {
            return new Choice(threads, "the workers share " + count(processors.cores(), "core"));
        }
        return new Choice(
                threads,
                processors.nodes() > 1
                        ? "all cores of a NUMA node but one"
                        : "all " + processors.cores() + " cores but one");
    }

    /**
     * Returns the threads of a worker while others have no requests. The worker measures whether they make it faster,
     * and by default it may use every core.
     */
    private static int mostThreads(TopologyInputs in, int threads) {
        StartFacts start = in.start();
        if (in.wishes().mostThreads().isPresent()) {
            return Math.max(threads, in.wishes().mostThreads().getAsInt());
        }
        boolean fixed = in.wishes().threads().isPresent()
                || !start.anyThreads()
                || start.inline()
                || start.embedded()
                || !in.accelerators().none();
        return fixed
                ? threads
                : Math.max(threads, Math.min(in.processors().nodeCores(), Estimate.mostThreads(in.model())));
    }

    private static Choice withMost(Choice threads, int most) {
        return most == threads.value
                ? threads
                : new Choice(
                        threads.value, threads.why + "; up to " + most + " if that is faster and their cores are idle");
    }

    private static Choice slots(TopologyInputs in, int workers, int threads) {
        int least = Math.ceilDiv(LEAST_SLOTS, workers);
        return in.accelerators().none()
                ? slotsOnProcessor(in, workers, threads, least)
                : slotsOnAccelerators(in.accelerators(), workers, least);
    }

    private static Choice slotsOnProcessor(TopologyInputs in, int workers, int threads, int least) {
        double speed = in.speed(threads);
        OptionalInt measured =
                in.measurement().map(found -> found.streams(threads)).orElse(OptionalInt.empty());
        int bySpeed = Math.max(
                measured.isPresent() ? LEAST_SLOTS : 0, measured.orElse((int) Math.min(MOST_SLOTS, speed / SLOWEST)));
        MemoryRoom memory = in.memory().sharedBy(in.processors().together());
        int byMemory = memory.limit() == 0 ? least : memory.slots(workers, MOST_SLOTS, SLOTS_SHARE);
        int byStart = in.start().sharedWeights() || memory.perSlot() == 0
                ? MOST_SLOTS
                : (int) (MOST_TOUCHED / memory.perSlot());
        int slots = Math.min(bySpeed, Math.min(byMemory, byStart));
        if (slots < least) {
            return new Choice(least, "the least; the memory plan may lower it");
        }
        if (slots == byMemory && byMemory < MOST_SLOTS) {
            return new Choice(
                    slots,
                    memory.limit() == 0
                            ? "the size of the memory is unknown"
                            : "half of the memory that weights and workers leave");
        }
        if (slots == byStart && byStart < MOST_SLOTS) {
            return new Choice(slots, "a start method that shares no weights fills the caches at the start");
        }
        return slots == MOST_SLOTS || measured.isPresent()
                ? new Choice(slots, measured.isPresent() ? "more gain little, as measured" : "more gain little")
                : new Choice(
                        slots, "with more, each stream would be too slow: one alone gets " + in.speedText(threads));
    }

    private static Choice slotsOnAccelerators(Accelerators accelerators, int workers, int least) {
        boolean each = accelerators.configured().isPresent()
                || devicesOf(accelerators, workers).isPresent();
        MemoryRoom room = each ? accelerators.memory() : accelerators.together();
        int places = each
                ? accelerators
                        .configured()
                        .map(List::size)
                        .orElse(accelerators.ids().size())
                : 1;
        int slots = room.limit() == 0 ? least : room.slots(Math.ceilDiv(workers, places), MOST_SLOTS, SLOTS_SHARE);
        if (slots < least) {
            return new Choice(least, "the least; the memory plan may lower it");
        }
        return slots == MOST_SLOTS
                ? new Choice(slots, "more gain little")
                : new Choice(
                        slots,
                        room.limit() == 0
                                ? "the memory of the accelerator is unknown"
                                : "half of the accelerator's memory that weights leave");
    }

    private static Optional<List<String>> devices(TopologyInputs in, int workers) {
        return in.start().inline() ? in.accelerators().configured() : devicesOf(in.accelerators(), workers);
    }

    /** Returns the configured devices, or one for each worker if there are as many. */
    private static Optional<List<String>> devicesOf(Accelerators accelerators, int workers) {
        return accelerators.configured().or(() -> Optional.of(accelerators.ids())
                .filter(ids -> accelerators.separable() && accelerators.holdOneEach() && workers == ids.size()));
    }
}
