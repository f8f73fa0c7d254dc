package io.quern.pool;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.launch.WorkerConfig;
import io.quern.launch.WorkerSpec;
import io.quern.model.GgufMetadata;
import io.quern.model.ModelMemory;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.settings.ByteFormat;
import java.util.ArrayList;
import java.util.List;

/**
 * How many slots of what length workers get, so that all fits into the memory there is. What is configured is taken as it is; what is not
 * gives way in this order: copies of states, which make nothing but a loss faster to get over; the context, down to {@value #LEAST_CONTEXT}
 * tokens; slots. Pure.
 *
 * @param slots of each worker
 * @param contextLength tokens per slot; 0: the worker's choice from the model
 * @param stateBytes of each worker, for copies of states
 * @param need what that comes to
 * @param limit the memory there is; 0 where that is not known
 * @param limitText the same for people, with where it comes from
 * @param lowered what had to give way, for people; empty if nothing had to
 * @param problem why it does not fit, for people; null if it does
 */
public record MemoryPlan(
        int slots,
        int contextLength,
        long stateBytes,
        MemoryNeed need,
        long limit,
        String limitText,
        String lowered,
        String problem) {
    static final int DEFAULT_SLOTS = 4;
    static final long DEFAULT_STATE_BYTES = 256L << 20;

    /** With less, most conversations do not fit. */
    static final int LEAST_CONTEXT = 512;

    /** What recording an AOT cache takes besides the weights, for a few seconds: measured 230 MiB, in two JVMs. */
    private static final long RECORDING = 256L << 20;

    /**
     * @param workers those that serve and those that stand by
     * @return one that does not fit has a problem; whether that matters is the caller's to say
     */
    public static MemoryPlan of(
            GgufMetadata metadata,
            Decision decision,
            PoolConfig pool,
            WorkerConfig worker,
            HostFacts host,
            DeviceReport devices,
            int workers) {
        ModelMemory model = ModelMemory.of(metadata);
        int slots = worker.slots().orElse(DEFAULT_SLOTS);
        int context = worker.contextLength() > 0 ? worker.contextLength() : model.defaultContext();
        boolean copies = decision.method() != StartMethod.INLINE;
        long states =
                copies ? worker.stateMemory().map(size -> size.asLongValue()).orElse(DEFAULT_STATE_BYTES) : 0;
        int threads = threads(worker, host, pool.workers());
        MemoryNeed wanted = new MemoryNeed(
                model,
                decision.method(),
                worker.numaBinding(),
                !devices.accelerators().isEmpty(),
                workers,
                slots,
                context,
                worker.flashAttention().used(devices.computesOnGpu(), threads, context),
                states,
                MemoryNeed.engine(Runtime.getRuntime().maxMemory(), host.maxMemoryBytes()),
                worker.maxFrameBytes(),
                worker.jvmOptions().orElse(List.of()));
        MemoryPlan plan = of(
                wanted,
                host.maxMemoryBytes(),
                host.memoryText(),
                worker.slots().isPresent(),
                worker.contextLength() > 0,
                worker.stateMemory().isPresent() || !copies,
                pool.memoryCheck() == MemoryCheck.ENFORCE);
        if (plan.problem != null || devices.accelerators().isEmpty()) {
            return plan;
        }
        int length = plan.contextLength == 0 ? context : plan.contextLength;
        DeviceNeed one = new DeviceNeed(
                model, 1, plan.slots, length, worker.flashAttention().used(devices.computesOnGpu(), threads, length));
        return DeviceNeed.problem(devices, worker.devices(), workers, one)
                .map(plan::withProblem)
                .orElse(plan);
    }

    private MemoryPlan withProblem(String text) {
        return new MemoryPlan(slots, contextLength, stateBytes, need, limit, limitText, lowered, text);
    }

    /** Of each worker, where none are configured. */
    static int threads(WorkerConfig worker, HostFacts host, int serving) {
        return worker.threads().orElse(WorkerSpec.defaultThreads(host.cpus(), serving));
    }

    /**
     * @param wanted what is configured, with defaults for what is not
     * @param slotsFixed whether the slots are configured, and so for the others
     * @param mayLower whether anything may give way at all
     */
    static MemoryPlan of(
            MemoryNeed wanted,
            long limit,
            String limitText,
            boolean slotsFixed,
            boolean contextFixed,
            boolean statesFixed,
            boolean mayLower) {
        // where the context stays as it is the worker is left to choose it, which sees the model itself
        int asWanted = contextFixed ? wanted.contextLength() : 0;
        if (limit == 0 || wanted.total() <= limit) {
            return new MemoryPlan(wanted.slots(), asWanted, wanted.stateBytes(), wanted, limit, limitText, "", null);
        }
        MemoryNeed least = wanted;
        for (int slots : slotsFixed ? List.of(wanted.slots()) : descending(wanted.slots())) {
            for (int context : contextFixed ? List.of(wanted.contextLength()) : contexts(wanted.contextLength())) {
                least = wanted.with(slots, context, statesFixed ? wanted.stateBytes() : 0);
                if (mayLower && least.total() <= limit) {
                    MemoryNeed fits = statesFixed ? least : least.with(slots, context, left(least, limit, wanted));
                    return new MemoryPlan(
                            slots,
                            context == wanted.contextLength() ? asWanted : context,
                            fits.stateBytes(),
                            fits,
                            limit,
                            limitText,
                            lowered(wanted, fits, limitText),
                            null);
                }
            }
        }
        MemoryNeed told = mayLower ? least : wanted;
        return new MemoryPlan(
                wanted.slots(),
                asWanted,
                wanted.stateBytes(),
                wanted,
                limit,
                limitText,
                "",
                problem(told, limitText, mayLower && !told.equals(wanted)));
    }

    /** What remains for each worker's copies, in whole MiB, at most what is wanted. */
    private static long left(MemoryNeed least, long limit, MemoryNeed wanted) {
        long each = (limit - least.total()) / least.workers();
        return Math.min(wanted.stateBytes(), each >> 20 << 20);
    }

    private static List<Integer> descending(int from) {
        List<Integer> numbers = new ArrayList<>();
        for (int number = from; number >= 1; number--) {
            numbers.add(number);
        }
        return numbers;
    }

    private static List<Integer> contexts(int from) {
        List<Integer> lengths = new ArrayList<>(List.of(from));
        int grain = ModelMemory.GRAIN;
        for (int length = (from - 1) / grain * grain; length >= LEAST_CONTEXT; length -= grain) {
            lengths.add(length);
        }
        return lengths;
    }

    private static String lowered(MemoryNeed wanted, MemoryNeed fits, String limitText) {
        List<String> changes = new ArrayList<>();
        if (fits.slots() != wanted.slots()) {
            changes.add("slots " + fits.slots() + " instead of " + wanted.slots());
        }
        if (fits.contextLength() != wanted.contextLength()) {
            changes.add("context length " + fits.contextLength() + " instead of " + wanted.contextLength());
        }
        if (fits.states() != wanted.states()) {
            changes.add("copies of states " + ByteFormat.of(fits.states()) + " instead of "
                    + ByteFormat.of(wanted.states()));
        }
        return "the memory limit is " + limitText + ", and the defaults would need " + wanted.text() + "; "
                + String.join(", ", changes) + ": that needs " + fits.text();
    }

    private static String problem(MemoryNeed need, String limitText, boolean least) {
        List<String> keys = new ArrayList<>();
        if (need.slots() > 1) {
            keys.add("quern.worker.slots");
        }
        if (need.contextLength() > LEAST_CONTEXT) {
            keys.add("quern.worker.context-length");
        }
        if (need.states() > 0) {
            keys.add("quern.worker.state-memory");
        }
        if (need.workers() > 1) {
            keys.add("quern.pool.workers");
        }
        return "the model needs " + (least ? "at least " : "") + need.text() + ", but the memory limit is " + limitText
                + "; " + (keys.isEmpty() ? "" : "lower " + String.join(" or ", keys) + ", ")
                + "choose a smaller model, or raise the limit; quern.pool.memory-check=warn starts all the same"
                + " (docs/howto/resources.md)";
    }

    /** Whether an AOT cache can be recorded beside the workers. */
    boolean recordingFits() {
        return limit == 0 || need.total() + RECORDING + need.model().weights() <= limit;
    }

    /** @throws ConfigurationException where it does not fit */
    MemoryPlan enforced() {
        if (problem != null) {
            throw new ConfigurationException(problem);
        }
        return this;
    }

    /** What is needed and what there is. */
    public String text() {
        return need.text() + " of " + limitText;
    }

    MemoryView view(long oomKills) {
        return new MemoryView(need.total(), limit, limitText, need.text(), lowered, problem, oomKills);
    }
}
