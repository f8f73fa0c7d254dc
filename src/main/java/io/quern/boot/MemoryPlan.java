package io.quern.boot;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.runtime.configuration.MemorySize;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.launch.BatchInvariance;
import io.quern.launch.WorkerConfig;
import io.quern.model.ModelMemory;
import io.quern.policy.StartMethod;
import io.quern.settings.ByteFormat;
import io.quern.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * Chooses the number and length of the slots so that everything fits into memory. Configured settings stay as they
 * are. The others are lowered in this order: state copies, which only make recovery from a loss faster; the KV cache,
 * if slots can share it; the context, down to {@value #LEAST_CONTEXT} tokens; the slots. Pure.
 *
 * @param size what each worker holds; a context of 0 tokens lets the worker choose it from the model
 * @param need the memory that all of it takes
 * @param limit the memory that is available
 * @param lowered what was lowered, as text for people; empty if nothing was
 * @param problem why it does not fit, as text for people; null if it does
 */
public record MemoryPlan(WorkerSize size, MemoryNeed need, MemoryLimit limit, String lowered, String problem) {
    public static final long DEFAULT_STATE_BYTES = 256L << 20;

    /** With a shorter context, most conversations do not fit. */
    static final int LEAST_CONTEXT = 512;

    /**
     * Memory that recording an AOT cache takes for a few seconds besides the weights: measured 230 MiB, in two JVMs.
     */
    private static final long RECORDING = 256L << 20;

    /** The same as in io.quern.worker.SpeedTrial. */
    private static final int MEASURED_CONTEXT = 256;

    /**
     * Makes the plan.
     *
     * @param method the start method of the workers
     * @param topology the number of workers, and what each of them has if memory suffices
     * @return the plan; if it does not fit, it has a problem, and the caller decides whether that matters
     */
    public static MemoryPlan of(
            ModelMemory model,
            StartMethod method,
            WorkersWanted workers,
            Topology topology,
            WorkerConfig worker,
            HostFacts host,
            DeviceReport devices) {
        int threads = topology.mostThreads();
        int count = workers.count(topology.workers(), method);
        boolean copies = method != StartMethod.INLINE;
        int context = worker.contextLength() > 0 ? worker.contextLength() : model.defaultContext();
        MemoryNeed.Loading loading = new MemoryNeed.Loading(
                method, worker.numaBinding(), !devices.accelerators().isEmpty());
        boolean flash = worker.flashAttention().used(devices.computesOnGpu(), threads, context);
        WorkerSize size = new WorkerSize(topology.slots(), context, copies ? stateBytes(worker) : 0);
        MemoryNeed wanted = new MemoryNeed(
                model,
                loading,
                count,
                size,
                flash,
                MemoryNeed.Jvm.of(worker),
                MemoryNeed.engine(Runtime.getRuntime().maxMemory(), host.maxMemoryBytes()));
        MemoryPlan plan = of(
                wanted,
                MemoryLimit.of(host).within(workers.share()),
                Leeway.of(worker, workers.memoryCheck(), copies, shares(model, loading, flash, worker)));
        if (plan.problem != null || devices.accelerators().isEmpty()) {
            return plan;
        }
        int length = plan.contextLength() == 0 ? context : plan.contextLength();
        DeviceNeed one = new DeviceNeed(
                model, 1, plan.slots(), length, worker.flashAttention().used(devices.computesOnGpu(), threads, length));
        return DeviceNeed.problem(devices, topology.deviceEntries(), count, one)
                .map(plan::withProblem)
                .orElse(plan);
    }

    /** Returns whether the slots of a worker can share the memory of the cache (docs/internals/overcommit.md). */
    static boolean shares(ModelMemory model, MemoryNeed.Loading loading, boolean flash, WorkerConfig worker) {
        return loading.forks()
                && !loading.accelerated()
                && flash
                && model.growsOnlyByTokens()
                && worker.batchInvariance() != BatchInvariance.ON;
    }

    private MemoryPlan withProblem(String text) {
        return new MemoryPlan(size, need, limit, lowered, text);
    }

    /** Returns the bytes for copies of states in each worker: the configured number, or the default. */
    public static long stateBytes(WorkerConfig worker) {
        return worker.stateMemory().map(MemorySize::asLongValue).orElse(DEFAULT_STATE_BYTES);
    }

    /** @param wanted the configured settings, with defaults for the others */
    static MemoryPlan of(MemoryNeed wanted, MemoryLimit limit, Leeway leeway) {
        if (limit.allows(wanted.total())) {
            return new MemoryPlan(asWanted(wanted, leeway), wanted, limit, "", null);
        }
        MemoryNeed least = wanted;
        for (WorkerSize size : smaller(wanted, leeway)) {
            least = wanted.with(size);
            if (leeway.any() && limit.allows(least.total())) {
                return lowered(wanted, least, limit, leeway);
            }
        }
        MemoryNeed shown = leeway.any() ? least : wanted;
        return new MemoryPlan(
                asWanted(wanted, leeway),
                wanted,
                limit,
                "",
                problem(shown, limit.text(), leeway.any() && !shown.equals(wanted)));
    }

    /** If the context stays as it is, the worker chooses it, because it sees the model itself. */
    private static WorkerSize asWanted(MemoryNeed wanted, Leeway leeway) {
        WorkerSize size = wanted.size();
        return leeway.context() ? new WorkerSize(size.slots(), 0, size.stateBytes()) : size;
    }

    /** @param least what fits, without state copies and with the smallest cache if those may be lowered */
    private static MemoryPlan lowered(MemoryNeed wanted, MemoryNeed least, MemoryLimit limit, Leeway leeway) {
        MemoryNeed cached = least;
        if (least.size().cacheBytes() > 0) {
            long each = each(least, limit.bytes());
            // paused sequences need copies, too
            long copies = leeway.states() ? Math.min(wanted.size().stateBytes(), each / 2) : 0;
            cached = least.with(withMoreCache(least, each - copies));
        }
        MemoryNeed fits =
                leeway.states() ? cached.with(cached.size().withStates(left(cached, limit.bytes(), wanted))) : cached;
        WorkerSize size = fits.size().contextLength() == wanted.size().contextLength()
                ? new WorkerSize(
                        fits.size().slots(),
                        asWanted(wanted, leeway).contextLength(),
                        fits.size().stateBytes(),
                        fits.size().cacheBytes())
                : fits.size();
        return new MemoryPlan(size, fits, limit, lowered(wanted, fits, limit.text()), null);
    }

    private static WorkerSize withMoreCache(MemoryNeed least, long bytes) {
        WorkerSize more = least.size().withCache(least.size().cacheBytes() + bytes);
        return more.shares(least.model()) ? more : more.withCache(0);
    }

    /** Returns what remains for the copies of each worker, in whole MiB and at most what is wanted. */
    private static long left(MemoryNeed least, long limit, MemoryNeed wanted) {
        return Math.min(wanted.size().stateBytes(), each(least, limit));
    }

    /** Returns what remains for each worker, in whole MiB. */
    private static long each(MemoryNeed least, long limit) {
        return (limit - least.total()) / least.workers() >> 20 << 20;
    }

    /** Returns what may be tried if memory is short, in this order. */
    private static List<WorkerSize> smaller(MemoryNeed wanted, Leeway leeway) {
        WorkerSize size = wanted.size();
        List<WorkerSize> sizes = new ArrayList<>();
        for (int slots : leeway.slots() ? descending(size.slots()) : List.of(size.slots())) {
            for (int context : leeway.context() ? contexts(size.contextLength()) : List.of(size.contextLength())) {
                WorkerSize full = new WorkerSize(slots, context, leeway.states() ? 0 : size.stateBytes());
                sizes.add(full);
                if (leeway.cacheShare() < 1) {
                    sizes.add(full.withCacheShare(wanted.model(), leeway.cacheShare()));
                }
            }
        }
        return sizes;
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
        if (fits.size().slots() != wanted.size().slots()) {
            changes.add("slots " + fits.size().slots() + " instead of "
                    + wanted.size().slots());
        }
        if (fits.size().contextLength() != wanted.size().contextLength()) {
            changes.add("context length " + fits.size().contextLength() + " instead of "
                    + wanted.size().contextLength());
        }
        if (fits.size().shares(fits.model())) {
            changes.add("KV cache " + ByteFormat.of(fits.size().cache(fits.model())) + " instead of "
                    + ByteFormat.of(
                            fits.model().cache(fits.size().slots(), fits.size().contextLength()))
                    + " (if conversations grow longer, some wait)");
        }
        if (fits.states() != wanted.states()) {
            changes.add(
                    "state copies " + ByteFormat.of(fits.states()) + " instead of " + ByteFormat.of(wanted.states()));
        }
        return "the memory limit is " + limitText + ", and the defaults would need " + wanted.text() + "; "
                + String.join(", ", changes) + ": that needs " + fits.text();
    }

    private static String problem(MemoryNeed need, String limitText, boolean least) {
        List<String> keys = new ArrayList<>();
        if (need.size().slots() > 1) {
            keys.add("quern.worker.slots");
        }
        if (need.size().contextLength() > LEAST_CONTEXT) {
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
                + "choose a smaller model, or raise the limit; quern.pool.memory-check=warn starts the engine anyway"
                + " (docs/howto/resources.md)";
    }

    /** Returns whether there is enough memory to record an AOT cache while the workers run. */
    public boolean recordingFits() {
        return limit.allows(need.total() + RECORDING + need.model().weights());
    }

    /**
     * Returns whether there is memory for a process that measures the model's speed, see {@link Calibration}.
     *
     * @param left what the workers of all models leave
     */
    boolean measuringFits(MemoryLimit left) {
        ModelMemory model = need.model();
        int streams = Calibration.mostStreams();
        return left.allows(need.engine()
                + model.weights()
                + model.cache(streams, MEASURED_CONTEXT)
                + model.recurrent(streams)
                + model.buffers(streams, MEASURED_CONTEXT, true)
                + MemoryNeed.WORKER_JVM
                + ((long) Calibration.HEAP_MIB << 20));
    }

    /**
     * Returns this plan.
     *
     * @throws ConfigurationException if it does not fit
     */
    MemoryPlan enforced() {
        if (problem != null) {
            throw new ConfigurationException(problem);
        }
        return this;
    }

    /** Returns the need and the limit, as text. */
    public String text() {
        return need.text() + " of " + limit.text();
    }

    /** Slots of each worker. */
    public int slots() {
        return size.slots();
    }

    /** Tokens per slot, or 0 if the worker chooses them from the model. */
    public int contextLength() {
        return size.contextLength();
    }

    /** Bytes of KV cache that the slots of each worker share, or 0 if there is enough for full slots. */
    public long cacheBytes() {
        return size.cacheBytes();
    }

    /** Bytes that each worker may use for copies of states. */
    public long stateBytes() {
        return size.stateBytes();
    }

    /** The memory limit in bytes, or 0 if unknown. */
    public long limitBytes() {
        return limit.bytes();
    }

    /** The memory limit and its source, as text for people. */
    public String limitText() {
        return limit.text();
    }

    /** Bytes that engine and workers need when all slots are full. */
    public long neededBytes() {
        return need.total();
    }

    /** Bytes that the workers need without the engine. */
    public long workersBytes() {
        return need.total() - need.engine();
    }

    /** Bytes that the engine itself needs. */
    public long engineBytes() {
        return need.engine();
    }

    /** The sum behind {@link #neededBytes}, as text for people. */
    public String arithmetic() {
        return need.text();
    }
}
