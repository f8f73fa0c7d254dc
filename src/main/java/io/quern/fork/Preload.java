package io.quern.fork;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a launcher is to load.
 *
 * @param libjvm the JVM's library
 * @param libraries llama.cpp's, or null: none
 * @param model or null: none
 * @param slots of the context that it makes for the model
 * @param contextLength tokens per slot; 0: the worker's choice from the model
 * @param threads that compute
 * @param flashAttention whether attention is computed by the fused kernel
 * @param confinement what the launcher gives up first, items of the sandbox
 */
public record Preload(
        Path libjvm,
        @Nullable Path libraries,
        @Nullable Path model,
        int slots,
        int contextLength,
        int threads,
        boolean flashAttention,
        List<String> confinement) {
    /** The JVM alone. */
    public static Preload jvm(Path libjvm, List<String> confinement) {
        return new Preload(libjvm, null, null, 0, 0, 1, false, confinement);
    }

    ControlMessage message() {
        return ControlMessage.of(
                        "preload",
                        libjvm.toString(),
                        libraries == null ? "" : libraries.toString(),
                        model == null ? "" : model.toString(),
                        Integer.toString(slots),
                        Integer.toString(contextLength),
                        Integer.toString(threads),
                        flashAttention ? "1" : "0")
                .with(confinement);
    }
}
