package io.quern.launch;

import io.quarkus.runtime.configuration.MemorySize;
import io.quern.sandbox.SandboxMode;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** How each worker is started and what it may use. */
@ConfigMapping(prefix = "quern.worker")
public interface WorkerConfig {

    /**
     * How workers come to life: auto, spawn, fork, forkserver or inline; auto where neither this nor vLLM's
     * VLLM_WORKER_MULTIPROC_METHOD or VLLM_ENABLE_V1_MULTIPROCESSING=0 (inline) is set.
     */
    Optional<String> startMethod();

    /** Whether each worker is bound to one NUMA node, in turn: it computes there, and its memory lies there. Linux. */
    @WithDefault("false")
    boolean numaBinding();

    /** Sequences a worker generates at the same time; by default 4, less where memory is short. */
    OptionalInt slots();

    /** Tokens per slot, prompt and answer together; 0: what the model was trained for, at most 4096, less where memory is short. */
    @WithDefault("0")
    int contextLength();

    /** Inference threads of each worker; by default the cores but one, shared out between the workers, at least 1. */
    OptionalInt threads();

    /**
     * Accelerators that workers may use, shared out in turn: a worker gets one entry, as CUDA_VISIBLE_DEVICES and its kin take it, with
     * + between several devices. By default each worker sees all. Not for inline.
     */
    Optional<List<String>> devices();

    /**
     * Whether attention is computed by llama.cpp's fused kernel: auto, on or off; auto: on a GPU, and on a processor where it changes no
     * answer and pays.
     */
    @WithDefault("auto")
    FlashAttention flashAttention();

    /** How long one step of a worker may take: long prompts are cut into pieces so that running streams go on. */
    @WithDefault("50ms")
    Duration stepTime();

    /**
     * The folder of the Java installation that workers run on. By default the engine's own; for a native executable the folder java beside
     * it, then JAVA_HOME, then the java on the PATH.
     */
    Optional<Path> java();

    /**
     * Further options for a worker's JVM. By default its heap is bounded by what slots and context need; -Xmx256m bounds it otherwise, and
     * the memory plan follows.
     */
    Optional<List<String>> jvmOptions();

    /**
     * Whether workers are confined to what they need: only the files of model, libraries and Java, no network, no programs, no new privileges.
     * auto: by what this machine offers; off; required: the engine does not boot where a part is missing. Linux, with the launcher; not for
     * inline.
     */
    @WithDefault("auto")
    SandboxMode sandbox();

    /**
     * Further files, and folders with all below them, that confined workers may read: libraries that those of quern.llama.library need from
     * elsewhere, or what options of the JVM name.
     */
    Optional<List<Path>> sandboxFiles();

    /**
     * Further environment variables of the engine's that workers, launcher and device probe get; a * at the end stands for any end. They get
     * those that the C library, llama.cpp and drivers read, and no others.
     */
    Optional<List<String>> environment();

    /**
     * Whether the kernel may dump the memory of the engine, its workers, launcher and device probe when they crash. A dump holds prompts,
     * answers and keys. The entry point reads the environment variable alone.
     */
    @WithDefault("false")
    boolean coreDumps();

    /** How many traces of crashed workers (hs_err_pid files) are kept in the folder crashes of Quern's home: the newest. 0: none. */
    @WithDefault("10")
    int crashFiles();

    /**
     * How long the launcher, which forks workers, may take to answer or to report a worker's end. A fork server that takes longer is killed
     * and replaced, with its workers; with an entry point that does, workers are spawned from then on.
     */
    @WithDefault("10s")
    Duration launcherTimeout();

    /** Whether a worker's JVM starts from a cache of loaded classes, recorded once per build in the background. */
    @WithDefault("true")
    boolean aotCache();

    /**
     * Memory of each worker for copies of its running sequences' states. They outlive it, so that another worker takes a stream up where
     * it was, instead of computing again what was delivered; what has no room is computed again. By default 256M, less where memory is
     * short. 0: none are kept. Linux; not for inline.
     */
    Optional<MemorySize> stateMemory();

    /** The share of a worker's time that may go into these copies, 0 to 1. */
    @WithDefault("0.02")
    double stateShare();

    /** Largest frame between engine and worker, in bytes. A request's prompt travels in one. */
    @WithDefault("33554432")
    int maxFrameBytes();
}
