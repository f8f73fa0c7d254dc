package io.quern.fork;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes what a launcher must load.
 *
 * @param libjvm the JVM's library
 * @param libraries the folder with llama.cpp's libraries, or null for none
 * @param model the GGUF file, or null for none
 * @param slots slots of the context that it creates for the model
 * @param contextLength tokens per slot, or 0 to derive them from the model
 * @param threads inference threads
 * @param flashAttention whether the fused kernel computes attention
 * @param bf16Keys whether the KV cache holds keys in BF16
 * @param confinement restrictions to apply first: items of the sandbox
 */
public record Preload(
        Path libjvm,
        @Nullable Path libraries,
        @Nullable Path model,
        int slots,
        int contextLength,
        int threads,
        boolean flashAttention,
        boolean bf16Keys,
        List<String> confinement) {
    /** Returns a preload of only the JVM. */
    public static Preload jvm(Path libjvm, List<String> confinement) {
        return new Preload(libjvm, null, null, 0, 0, 1, false, false, confinement);
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
                        flashAttention ? "1" : "0",
                        bf16Keys ? "1" : "0")
                .with(confinement);
    }
}
