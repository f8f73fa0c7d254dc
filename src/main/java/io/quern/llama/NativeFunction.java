package io.quern.llama;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * One C function, linked when it is first called. A starting worker needs only a few functions, and linking all of them
 * would delay it.
 */
final class NativeFunction {
    private final SymbolLookup symbols;
    private final String name;
    private final FunctionDescriptor type;
    private volatile @Nullable MethodHandle handle;

    NativeFunction(SymbolLookup symbols, String name, FunctionDescriptor type) {
        this.symbols = symbols;
        this.name = name;
        this.type = type;
    }

    /**
     * Returns the handle, which must be invoked exactly as the descriptor says. Threads that race link it twice, which
     * does no harm.
     *
     * @throws LlamaException if the libraries lack the function
     */
    MethodHandle handle() {
        MethodHandle linked = handle;
        if (linked == null) {
            linked = Linker.nativeLinker()
                    .downcallHandle(
                            symbols.find(name)
                                    .orElseThrow(() -> new LlamaException(
                                            LlamaException.Kind.VERSION,
                                            "the llama.cpp libraries have no function " + name
                                                    + ", so they are not version " + LlamaLibrary.EXPECTED_VERSION)),
                            type);
            handle = linked;
        }
        return linked;
    }

    /**
     * Converts an exception from a downcall. C code cannot throw, so the cause is a wrong call on our side or the
     * linking above.
     */
    static RuntimeException failed(Throwable thrown) {
        return switch (thrown) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(thrown);
        };
    }
}
