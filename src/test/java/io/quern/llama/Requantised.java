package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.quern.TestModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The demo model with other types of weights. The first user writes the file to {@code target}. */
public enum Requantised {
    F16(1),
    Q4_0(2),
    Q4_1(3),
    Q8_0(7),
    Q5_0(8),
    IQ4_NL(25),
    Q4_K(15),
    BF16(32);

    /** {@code llama_model_quantize_params}. */
    private static final StructLayout PARAMS = Types.largeStruct(64);

    private static final long THREADS = 0;
    private static final long FILE_TYPE = 4;
    private static final long ALLOW_REQUANTIZE = 16;

    private final int fileType;

    Requantised(int fileType) {
        this.fileType = fileType;
    }

    /** Returns the path of its file. */
    public synchronized Path file() {
        Path file = Path.of("target", "tiny-models", "demo-" + name() + ".gguf").toAbsolutePath();
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(file.getParent());
                // other test runs may read it at the same time
                Path unfinished = Files.createTempFile(file.getParent(), name(), ".part");
                write(unfinished);
                Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(Path to) {
        try (Arena arena = Arena.ofConfined();
                LlamaModel backend = TestNatives.load(TestModels.demo())) {
            SymbolLookup symbols = NativeLibraries.in(TestNatives.folder()).open();
            var defaults = new NativeFunction(symbols, "llama_model_quantize_default_params", Types.returning(PARAMS));
            var quantise = new NativeFunction(
                    symbols,
                    "llama_model_quantize",
                    Types.returning(Types.INT, Types.POINTER, Types.POINTER, Types.POINTER));
            MemorySegment params = (MemorySegment) defaults.handle().invoke(arena);
            params.set(JAVA_INT, THREADS, 1);
            params.set(JAVA_INT, FILE_TYPE, fileType);
            params.set(JAVA_BYTE, ALLOW_REQUANTIZE, (byte) 1);
            int result = (int) quantise.handle()
                    .invoke(
                            arena.allocateFrom(TestModels.demo().toString()),
                            arena.allocateFrom(to.toString()),
                            params);
            if (result != 0) {
                throw new AssertionError("llama.cpp cannot quantise the demo model: " + result);
            }
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
