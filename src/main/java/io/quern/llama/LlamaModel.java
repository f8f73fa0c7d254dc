package io.quern.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.DoubleConsumer;
import java.util.regex.Pattern;

/** A loaded model. Immutable; several threads may use it until it is closed. Close its contexts before the model. */
public final class LlamaModel implements AutoCloseable {
    private static final int DESCRIPTION_BYTES = 256;
    private static final int METADATA_BYTES = 256;

    /** Attention that multiplies the weights of all heads at once has this key. */
    private static final String LATENT_HEADS = ".attention.key_length_mla";

    /** Matches errors about memory, devices, and temporary errors of a file system. */
    private static final Pattern OF_THE_MACHINE = Pattern.compile(
            "alloc|memory|mmap|mlock|failed to open|cannot open|read error|failed to read|end of file|device|cancel",
            Pattern.CASE_INSENSITIVE);

    private final LlamaLibrary library;
    private final MemorySegment model;
    private final Vocabulary vocabulary;
    /** Whether the model must not be freed, because that would copy pages that are shared with other workers. */
    private final boolean shared;

    private LlamaModel(LlamaLibrary library, MemorySegment model, boolean shared) {
        this.library = library;
        this.model = model;
        this.shared = shared;
        this.vocabulary = new Vocabulary(library.models, library.models.vocabulary(model));
    }

    /**
     * Loads a GGUF file. Blocks for as long as it takes to read the file.
     *
     * @param mapped whether the weights may stay mapped from the file, in pages that all processes share
     * @param progress receives the completed share, 0 to 1, often and on this thread; must not throw
     * @throws LlamaException if the file contains no model that llama.cpp can run, with llama.cpp's reason
     */
    public static LlamaModel load(LlamaLibrary library, Path file, boolean mapped, DoubleConsumer progress) {
        if (!Files.isRegularFile(file)) {
            throw new LlamaException(LlamaException.Kind.LOAD, "no model file at " + file);
        }
        library.log().forgetErrors();
        HugePages pages = HugePages.before();
        MemorySegment model;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(file.toString());
            MemorySegment params = library.models.defaultParams(arena);
            if (!mapped) {
                ModelParams.ownCopy(params);
            }
            ModelParams.progressCallback(params, progressCallback(progress, arena));
            model = library.models.load(path, params);
            if (model.address() != 0
                    && multipliesSeveralMatrices(library.models, model)
                    && new TileMemory(library).exists()) {
                library.models.free(model);
                ModelParams.noRearrangedWeights(params);
                model = library.models.load(path, params);
            }
        }
        if (model.address() == 0) {
            List<String> errors = library.log().lastErrors();
            throw new LlamaException(
                    mayPass(errors) ? LlamaException.Kind.LOAD : LlamaException.Kind.MODEL,
                    "cannot load the model " + file + ": " + reason(library));
        }
        if (library.models.hasEncoder(model)) {
            library.models.free(model);
            throw new LlamaException(
                    LlamaException.Kind.MODEL, file + " contains an encoder-decoder model, which is not supported");
        }
        pages.move(() -> progress.accept(1));
        return new LlamaModel(library, model, false);
    }

    /**
     * Wraps the model that the parent of this forked process has loaded.
     *
     * @param address of llama.cpp's {@code llama_model}; any other value ends the process
     */
    public static LlamaModel takeOver(LlamaLibrary library, long address) {
        return new LlamaModel(library, MemorySegment.ofAddress(address), true);
    }

    /**
     * Returns whether a model multiplies weights by several matrices at once, one for each sequence or head, which is
     * wrong with weights for AMX ({@link TileMemory}). {@code preload.c} has the same rule.
     */
    private static boolean multipliesSeveralMatrices(ModelApi models, MemorySegment model) {
        if (models.isRecurrent(model)) {
            return true;
        }
        String architecture = metadata(models, model, "general.architecture");
        return architecture.equals("gemma3n")
                || !metadata(models, model, architecture + LATENT_HEADS).isEmpty();
    }

    private static String metadata(ModelApi models, MemorySegment model, String key) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(METADATA_BYTES);
            int bytes = models.metadata(model, arena.allocateFrom(key), text, METADATA_BYTES);
            return bytes < 0 ? "" : text.getString(0);
        }
    }

    /**
     * Returns whether llama.cpp's errors about a failed load indicate a problem of the machine and not of the file.
     * True without errors.
     */
    static boolean mayPass(List<String> errors) {
        return errors.isEmpty()
                || errors.stream().anyMatch(line -> OF_THE_MACHINE.matcher(line).find());
    }

    static String reason(LlamaLibrary library) {
        List<String> errors = library.log().lastErrors();
        return errors.isEmpty() ? "llama.cpp gives no reason" : String.join("; ", errors);
    }

    public Vocabulary vocabulary() {
        return vocabulary;
    }

    /** Returns the number of tokens in a sequence that the model was trained with. */
    public int trainingContext() {
        return library.models.trainingContext(model);
    }

    /** Returns the window of its layers with sliding-window attention, in tokens, or 0 if it has none. */
    public int slidingWindow() {
        return library.models.slidingWindow(model);
    }

    /**
     * Returns whether some of its layers are recurrent, so that its memory holds only the state after the last token.
     */
    public boolean isRecurrent() {
        return library.models.isRecurrent(model);
    }

    /**
     * Returns architecture, size and type, such as "llama 135M Q4_1". The size is counted from the tensors, because
     * llama.cpp derives its label from the number of layers: for unknown numbers the label is "?B" or that of another
     * model.
     */
    public String description() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(DESCRIPTION_BYTES);
            library.models.describe(model, buffer, DESCRIPTION_BYTES);
            return ParameterCount.inPlaceOfLabel(buffer.getString(0), parameters());
        }
    }

    /** Returns the number of elements of all its tensors. */
    public long parameters() {
        return library.models.parameters(model);
    }

    /** Returns the bytes of all its tensors. */
    public long bytes() {
        return library.models.size(model);
    }

    /**
     * Links the functions that {@link LlamaContext#saveState} and related methods call, so that the first copy is fast.
     * On any thread.
     */
    public void prepareStates() {
        library.contexts.prepareStates();
        library.models.prepareKindOfMemory();
    }

    LlamaLibrary library() {
        return library;
    }

    MemorySegment address() {
        return model;
    }

    @Override
    public void close() {
        if (!shared) {
            library.models.free(model);
        }
    }

    private static MemorySegment progressCallback(DoubleConsumer progress, Arena arena) {
        try {
            MethodHandle target = MethodHandles.lookup()
                    .findStatic(
                            LlamaModel.class,
                            "loading",
                            MethodType.methodType(
                                    boolean.class, DoubleConsumer.class, float.class, MemorySegment.class))
                    .bindTo(progress);
            return Linker.nativeLinker()
                    .upcallStub(target, FunctionDescriptor.of(JAVA_BOOLEAN, JAVA_FLOAT, ADDRESS), arena);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @SuppressWarnings("unused") // called from C
    private static boolean loading(DoubleConsumer progress, float done, MemorySegment userData) {
        try {
            progress.accept(done);
            return true;
        } catch (RuntimeException e) {
            // an exception that leaves an upcall would end the process; false only ends the load
            return false;
        }
    }
}
