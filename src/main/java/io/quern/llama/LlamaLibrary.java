package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The native libraries of llama.cpp, opened, checked to be the version this binding is made for, with their backends
 * loaded. There is one in a process, and it stays: C libraries with threads and static state cannot be unloaded safely.
 */
public final class LlamaLibrary {
    /** The only version whose structs are laid out as this binding has them. */
    public static final String EXPECTED_VERSION = "0.5.0";

    private static @Nullable LlamaLibrary loaded;

    private final Path folder;
    private final String version;
    private final LlamaLog log;
    private boolean logTaken;
    private final SymbolLookup symbols;
    final BackendApi backend;
    final ModelApi models;
    final ContextApi contexts;
    final SamplerApi samplers;

    private LlamaLibrary(Path folder, LogLevel least, BiConsumer<LogLevel, String> listener) {
        this.folder = folder;
        log = new LlamaLog(least, listener);
        symbols = NativeLibraries.in(folder).open();
        backend = new BackendApi(symbols);
        models = new ModelApi(symbols);
        contexts = new ContextApi(symbols);
        samplers = new SamplerApi(symbols);
        version = Types.string(models.version());
    }

    /**
     * Opens the libraries; a second call for the same folder gives the same object, with the first one's listener.
     * Where they were preloaded, that one hears nothing before {@link #takeLog}.
     *
     * @param folder that holds libllama, libggml and the backends
     * @param preloaded whether this process was forked from one that had loaded these libraries and their backends
     * @param least the level below which llama.cpp's log is dropped; errors are not to be
     * @param listener gets llama.cpp's log lines, from any thread; must be quick and must not throw
     * @throws LlamaException if the folder does not hold libraries of exactly this version, or they do not work here
     */
    public static synchronized LlamaLibrary load(
            Path folder, boolean preloaded, LogLevel least, BiConsumer<LogLevel, String> listener) {
        Path absolute = folder.toAbsolutePath().normalize();
        if (loaded == null) {
            LlamaLibrary library = new LlamaLibrary(absolute, least, listener);
            library.start(preloaded);
            loaded = library;
        } else if (!loaded.folder.equals(absolute)) {
            throw new LlamaException(
                    LlamaException.Kind.LIBRARY,
                    "this process has loaded llama.cpp from " + loaded.folder + " already, it cannot use " + absolute);
        }
        return loaded;
    }

    private void start(boolean preloaded) {
        if (!version.equals(EXPECTED_VERSION) && !version.equals(EXPECTED_VERSION + "-dev")) {
            throw new LlamaException(
                    LlamaException.Kind.VERSION,
                    "llama.cpp in " + folder + " is version " + version + "; this Quern works with " + EXPECTED_VERSION
                            + " only: use the libraries that come with it, or name a folder with that version");
        }
        // who has loaded it has checked it, and each call that is linked costs a forked worker's start a millisecond
        // and more
        if (!preloaded) {
            takeLog();
            checkLayouts();
            models.initBackend();
            try (Arena arena = Arena.ofConfined()) {
                backend.loadAll(arena.allocateFrom(folder.toString()));
            }
            requireDevice();
        }
    }

    /**
     * Has llama.cpp's log from now on. Where the libraries were preloaded it is their loader's until then, on standard
     * error: a callback costs the start of a worker more than it is worth there.
     */
    public synchronized void takeLog() {
        if (!logTaken) {
            models.setLog(log.callback(), MemorySegment.NULL);
            logTaken = true;
        }
    }

    private void requireDevice() {
        if (backend.deviceCount() == 0) {
            throw new LlamaException(
                    LlamaException.Kind.LIBRARY,
                    "no backend in " + folder
                            + " works on this machine; a libggml-cpu library for its processor must be there");
        }
    }

    private void checkLayouts() {
        try (Arena arena = Arena.ofConfined()) {
            var modelParams = new GuardedStruct("llama_model_params", ModelParams.LAYOUT.byteSize(), arena);
            models.defaultParams(modelParams.allocator());
            modelParams.check(ModelParams.DEFAULTS);
            var contextParams = new GuardedStruct("llama_context_params", ContextParams.LAYOUT.byteSize(), arena);
            contexts.defaultParams(contextParams.allocator());
            contextParams.check(ContextParams.DEFAULTS);
        }
    }

    /** What the library calls itself. */
    public String version() {
        return version;
    }

    /** What llama.cpp can compute on here, in its order. */
    public List<LlamaDevice> devices() {
        List<LlamaDevice> devices = new ArrayList<>();
        long count = backend.deviceCount();
        for (long i = 0; i < count; i++) {
            MemorySegment device = backend.device(i);
            devices.add(new LlamaDevice(
                    Types.string(backend.deviceName(device)),
                    Types.string(backend.deviceDescription(device)),
                    LlamaDevice.Type.of(backend.deviceType(device))));
        }
        return List.copyOf(devices);
    }

    /**
     * The memory of each of {@link #devices()}, in their order. Asking is using: a GPU's backend makes a context for
     * it, which takes some hundred milliseconds and some of the memory.
     */
    public List<LlamaMemory> memory() {
        List<LlamaMemory> memory = new ArrayList<>();
        long count = backend.deviceCount();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment free = arena.allocate(JAVA_LONG);
            MemorySegment total = arena.allocate(JAVA_LONG);
            for (long i = 0; i < count; i++) {
                backend.deviceMemory(backend.device(i), free, total);
                memory.add(new LlamaMemory(total.get(JAVA_LONG, 0), free.get(JAVA_LONG, 0)));
            }
        }
        return List.copyOf(memory);
    }

    LlamaLog log() {
        return log;
    }
}
