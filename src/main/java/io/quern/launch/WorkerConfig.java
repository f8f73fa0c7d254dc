package io.quern.launch;

import io.quarkus.runtime.configuration.MemorySize;
import io.quern.sandbox.SandboxMode;
import io.quern.settings.AutoNumber;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Configures how each worker starts and what it may use. */
@ConfigMapping(prefix = "quern.worker")
public interface WorkerConfig {

    /**
     * How workers start: {@code auto}, {@code spawn}, {@code fork}, {@code forkserver} or {@code inline}. If it is not
     * set, vLLM's VLLM_WORKER_MULTIPROC_METHOD and VLLM_ENABLE_V1_MULTIPROCESSING=0 (inline) apply, then {@code auto}.
     */
    Optional<String> startMethod();

    /**
     * Whether to bind each worker to one NUMA node, in turn, with its threads and its memory. Such workers are spawned,
     * each with its own copy of the weights. Linux only.
     */
    @WithDefault("false")
    boolean numaBinding();

    /** Sequences that a worker generates at the same time. {@code auto}: the engine chooses the number. */
    @WithDefault(AutoNumber.AUTO)
    @WithConverter(AutoNumber.class)
    OptionalInt slots();

    /**
     * Tokens per slot, prompt and answer together. 0: the length the model was trained with, at most 4096, or less if
     * memory is short.
     */
    @WithDefault("0")
    int contextLength();

    /** Inference threads of each worker. {@code auto}: the engine chooses the number. */
    @WithDefault(AutoNumber.AUTO)
    @WithConverter(AutoNumber.class)
    OptionalInt threads();

    /**
     * Inference threads that a worker may use while other workers of its model have no requests. The worker measures
     * how many make it fastest, and answers do not depend on them. {@code auto}: all cores if the model is large enough,
     * but as many as {@code threads} if that is set, or if this is no x86 processor.
     */
    @WithDefault(AutoNumber.AUTO)
    @WithConverter(AutoNumber.class)
    OptionalInt mostThreads();

    /**
     * Accelerators for the workers, assigned in turn. Each entry is a value of CUDA_VISIBLE_DEVICES (an index or a
     * UUID; + joins several), and a worker gets one entry. By default each worker sees all devices. No effect with
     * {@code inline}.
     */
    Optional<List<String>> devices();

    /**
     * Whether llama.cpp's fused kernel computes attention: {@code auto}, {@code on} or {@code off}. {@code auto}: on a
     * GPU, and on a processor if answers stay exact and it is faster.
     */
    @WithDefault("auto")
    FlashAttention flashAttention();

    /**
     * Whether the text of a request must not depend on the requests computed together with it: {@code auto},
     * {@code on} or {@code off}. Most types of weights need nothing for that. With F16, BF16, few weights in Q4_K, and
     * mixtures of experts whose router has float weights, a processor computes the rows of a batch one by one
     * ({@code auto} and {@code on}), which costs little. With more of Q4_K and Q2_K, {@code on} makes workers add rows
     * to small batches: a single stream takes twice as long, four or more hardly longer.
     */
    @WithDefault("auto")
    BatchInvariance batchInvariance();

    /**
     * The most tokens that a worker drafts for a running stream and checks in one step: those that followed its last
     * tokens where they occurred before. The worker measures when that is faster, which is so with few streams. Answers
     * do not depend on it, so it is done only with weights and processors where that holds. 0: no drafts. At most 8.
     */
    @WithDefault("7")
    int draftTokens();

    /**
     * Target for the duration of one step of a worker. The worker cuts prompts into pieces so that running streams
     * continue.
     */
    @WithDefault("50ms")
    Duration stepTime();

    /**
     * The folder of the Java installation that workers run on. By default the engine's own; for a native executable the
     * folder {@code java} next to it, then JAVA_HOME, then the {@code java} on the PATH.
     */
    Optional<Path> java();

    /**
     * Additional options for the JVM of a worker. By default slots and context determine the heap limit.
     * {@code -Xmx256m} sets another one, and the memory plan counts it.
     */
    Optional<List<String>> jvmOptions();

    /**
     * Whether workers are confined: they may read only the files of model, libraries and Java, and get no network, no
     * programs and no new privileges. {@code auto}: uses what this machine supports; {@code off}; {@code required}: the
     * engine does not start if a part is missing. Linux only; needs the launcher; not with {@code inline}.
     */
    @WithDefault("auto")
    SandboxMode sandbox();

    /**
     * Additional files and folders that confined workers may read: libraries that those of {@code quern.llama.library}
     * load from elsewhere, or files that options of the JVM name.
     */
    Optional<List<Path>> sandboxFiles();

    /**
     * Additional environment variables that the engine passes to workers, launcher and device probe. A * at the end
     * matches any suffix. By default they get only those that the C library, llama.cpp and drivers read.
     */
    Optional<List<String>> environment();

    /**
     * Whether the kernel may write core dumps of the engine, workers, launcher and device probe. A core dump contains
     * prompts, answers and keys. The entry point reads only the environment variable.
     */
    @WithDefault("false")
    boolean coreDumps();

    /**
     * How many crash reports of workers (hs_err_pid files) the engine keeps in the folder {@code crashes} of Quern's
     * home. It keeps the newest. 0: none.
     */
    @WithDefault("10")
    int crashFiles();

    /**
     * Longest wait for an answer from the launcher, or for its report that a worker has ended. After that the engine
     * replaces a fork server together with its workers. It cannot replace an entry point, and spawns workers from then
     * on.
     */
    @WithDefault("10s")
    Duration launcherTimeout();

    /**
     * Whether the JVM of a worker starts from a cache of loaded classes. The engine records it once per build, in the
     * background.
     */
    @WithDefault("true")
    boolean aotCache();

    /**
     * Memory of each worker for copies of its sequences' states. They outlive the worker, so another worker continues a
     * stream from its copy instead of recomputing it. A sequence that does not fit is recomputed. By default 256M, or
     * less if memory is short. 0: no copies. Linux only; not with {@code inline}.
     */
    Optional<MemorySize> stateMemory();

    /** Largest share of a worker's time that these copies may take, 0 to 1. */
    @WithDefault("0.02")
    double stateShare();

    /**
     * The share of full slots that must fit into memory, 0 to 1. If memory is short, slots share it: many short
     * conversations fit, and if too many grow long, the youngest ones wait until others have ended. Two full slots
     * always fit. Only forked workers on a processor with flash attention and a plain KV cache can do this; for others
     * all slots must fit. 1: all slots must fit.
     */
    @WithDefault("0.125")
    double cacheShare();

    /** Largest frame between engine and worker, in bytes. The prompt of a request must fit into one frame. */
    @WithDefault("33554432")
    int maxFrameBytes();
}
