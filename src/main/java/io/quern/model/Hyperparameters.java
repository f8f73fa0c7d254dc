package io.quern.model;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Computes the memory that a model needs from the shape of its network in the file. Pure. */
final class Hyperparameters {
    /**
     * In these hybrid models every fourth layer has attention and the others are recurrent, whether or not the file
     * says so.
     */
    private static final Set<String> EVERY_FOURTH_ATTENDS = Set.of("qwen3next", "qwen35", "qwen35moe");

    private final GgufMetadata file;

    Hyperparameters(GgufMetadata file) {
        this.file = file;
    }

    /** Returns the bytes of a token in the KV cache with 16-bit keys and values, or 0 if the file does not say. */
    long cacheBytesPerToken() {
        long heads = file.headCount().orElse(0);
        long head = heads == 0 ? 0 : file.embeddingLength().orElse(0) / heads;
        long keyAndValue = file.ofArchitecture("attention.key_length").orElse(head)
                + file.ofArchitecture("attention.value_length").orElse(head);
        return saturated(saturated(keyAndValue, cachedHeads()), Short.BYTES);
    }

    /** Counts the heads whose keys and values are cached, over all layers. */
    private long cachedHeads() {
        return headCountsKv()
                .map(list -> list.stream()
                        .filter(Long.class::isInstance)
                        .mapToLong(Long.class::cast)
                        .filter(count -> count >= 0)
                        .reduce(0, Hyperparameters::sum))
                .orElseGet(() -> saturated(
                        file.blockCount().orElse(0) / attentionInterval(),
                        file.headCountKv().orElse(0)));
    }

    /** Returns the number per layer if the layers differ. */
    private Optional<List<?>> headCountsKv() {
        return file.architecture()
                .map(prefix -> file.values().get(prefix + ".attention.head_count_kv"))
                .flatMap(value -> value instanceof List<?> list ? Optional.of(list) : Optional.empty());
    }

    /**
     * Returns n if every n-th layer has attention and a cache and the others are recurrent; 1 if all layers have
     * attention.
     */
    private long attentionInterval() {
        long otherwise =
                file.architecture().filter(EVERY_FOURTH_ATTENDS::contains).isPresent() ? 4 : 1;
        return Math.max(1, file.ofArchitecture("full_attention_interval").orElse(otherwise));
    }

    /**
     * Returns the bytes that the recurrent layers need for a sequence of any length, or 0 if there are none. Computed
     * as llama.cpp v0.5.0 does ({@code llama_hparams::n_embd_r} and {@code n_embd_s}), with 32 bits per element.
     */
    long recurrentBytesPerSequence() {
        long width = file.embeddingLength().orElse(0);
        long convolution = file.ofArchitecture("shortconv.l_cache").orElse(0);
        long wkvHead = file.ofArchitecture("wkv.head_size").orElse(0);
        long inner = file.ofArchitecture("ssm.inner_size").orElse(0);
        long state = file.ofArchitecture("ssm.state_size").orElse(0);
        long elements;
        if (wkvHead > 0) {
            elements = saturated(
                    width, sum(wkvHead, file.ofArchitecture("token_shift_count").orElse(2)));
        } else if (convolution > 0) {
            elements = saturated(width, convolution - 1);
        } else {
            long kernel = Math.max(1, file.ofArchitecture("ssm.conv_kernel").orElse(1));
            elements = sum(saturated(kernel - 1, sum(inner, statesOfAllGroups())), saturated(state, inner));
        }
        return saturated(saturated(elements, Float.BYTES), recurrentLayers());
    }

    private long recurrentLayers() {
        long layers = file.blockCount().orElse(0);
        long interval = attentionInterval();
        return headCountsKv()
                .map(list -> list.stream().filter(Long.valueOf(0)::equals).count())
                .orElse(interval > 1 ? layers - layers / interval : layers);
    }

    /**
     * Returns the width of the data inside a layer: that of the feed-forward network, or that of one expert times the
     * number of active experts, or that to which a recurrent layer expands its input.
     */
    long feedForwardLength() {
        long one = file.ofArchitecture("feed_forward_length").orElse(0);
        long expert = file.ofArchitecture("expert_feed_forward_length")
                .orElse(file.ofArchitecture("expert_count").orElse(0) > 0 ? one : 0);
        long experts = Math.max(1, file.ofArchitecture("expert_used_count").orElse(1));
        long recurrent = sum(saturated(2, file.ofArchitecture("ssm.inner_size").orElse(0)), statesOfAllGroups());
        return Math.max(recurrent, Math.max(one, saturated(expert, experts)));
    }

    private long statesOfAllGroups() {
        return saturated(
                saturated(2, file.ofArchitecture("ssm.group_count").orElse(0)),
                file.ofArchitecture("ssm.state_size").orElse(0));
    }

    /** Returns whether some of its layers use a sliding window. */
    boolean slidesWindow() {
        return file.ofArchitecture("attention.sliding_window").orElse(0) > 0;
    }

    /**
     * Returns the bytes of tensors whose elements share scales, which llama.cpp may rearrange for the processor's
     * instructions.
     */
    long quantisedBytes() {
        return file.tensors().stream()
                .mapToLong(tensor -> GgmlType.of(tensor.type())
                        .filter(type -> type.blockElements() > 1)
                        .map(type -> type.bytesFor(tensor.elements()))
                        .orElse(0L))
                .reduce(0, Hyperparameters::sum);
    }

    /**
     * Returns the share of the weights that a token reads. Of a mixture of experts, it reads only the active ones. Of
     * the embeddings it reads one row, unless they are the output's weights, too.
     */
    double readShare() {
        double active = share(
                file.ofArchitecture("expert_used_count").orElse(0),
                file.ofArchitecture("expert_count").orElse(0));
        boolean tied = file.tensors().stream().noneMatch(tensor -> tensor.name().equals("output.weight"));
        double all = 0;
        double read = 0;
        for (TensorInfo tensor : file.tensors()) {
            double bytes = GgmlType.of(tensor.type())
                    .map(type -> type.bytesFor(tensor.elements()))
                    .orElse(0L);
            all += bytes;
            if (tensor.name().contains("_exps.")) {
                read += bytes * active;
            } else if (tied || !tensor.name().equals("token_embd.weight")) {
                read += bytes;
            }
        }
        return all == 0 ? 1 : read / all;
    }

    private static double share(long part, long whole) {
        return part <= 0 || whole <= 0 ? 1 : Math.min(1, (double) part / whole);
    }

    /** Multiplies without overflow, so that absurd values in a file do not wrap around to small ones. */
    private static long saturated(long a, long b) {
        return Math.multiplyHigh(a, b) == 0 && a * b >= 0 ? a * b : Long.MAX_VALUE;
    }

    static long sum(long a, long b) {
        return a + b < 0 ? Long.MAX_VALUE : a + b;
    }
}
