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
 * The native libraries of llama.cpp, opened, with their version checked and their backends loaded. A process loads them
 * once and keeps them, because C libraries with threads and static state cannot be unloaded safely.
 */
public final class LlamaLibrary {
    /** The only version with the struct layouts that this binding uses. */
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
     * Opens the libraries. A second call for the same folder returns the same object, with the listener of the first
     * call. If the libraries were preloaded, the listener receives nothing before {@link #takeLog}.
     *
     * @param folder that contains libllama, libggml and the backends
     * @param preloaded whether this process was forked from one that had loaded these libraries and their backends
     * @param least lowest level of llama.cpp's log that is passed on; must not be above errors
     * @param listener receives llama.cpp's log lines, on any thread; must be quick and must not throw
     * @throws LlamaException if the folder does not contain libraries of exactly this version, or if they do not work
     *     here
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
                    "this process has already loaded llama.cpp from " + loaded.folder + " and cannot also load "
                            + absolute);
        }
        return loaded;
    }

    private void start(boolean preloaded) {
        if (!version.equals(EXPECTED_VERSION) && !version.equals(EXPECTED_VERSION + "-dev")) {
            throw new LlamaException(
                    LlamaException.Kind.VERSION,
                    "llama.cpp in " + folder + " is version " + version + "; this Quern works with " + EXPECTED_VERSION
                            + " only. Use the libraries that come with it, or set quern.llama.library to a folder with"
                            + " that version");
        }
        // the process that preloaded them has checked the version, and each function that is linked delays the start of
        // a forked worker by a millisecond or more
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
     * Receives llama.cpp's log from now on. If the libraries were preloaded, the log goes to standard error until then,
     * because a callback would delay the start of a worker.
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
                            + " works on this machine. The folder needs a libggml-cpu library for its processor");
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
        TensorLayout.check(this);
    }

    /** Returns the version that the library reports. */
    public String version() {
        return version;
    }

    /** Returns the devices that llama.cpp can compute on here, in its order. */
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
     * Returns the memory of each of {@link #devices()}, in the same order. The query uses the devices: the backend of a
     * GPU creates a context for it, which takes a few hundred milliseconds and some of its memory.
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

    /** Returns the libraries' functions, for what few processes need. */
    SymbolLookup symbols() {
        return symbols;
    }
}
