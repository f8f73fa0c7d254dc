package io.quern.fork;

import java.io.IOException;

/**
 * Describes what a launcher has loaded.
 *
 * @param model its address in the launcher and its children, or 0 for none
 * @param context the address of the warmed-up context, or 0 for none
 * @param contextLength tokens per slot of the context
 * @param flashAttention whether the context uses the fused attention kernel
 * @param microsPerToken measured time to prefill a token in microseconds, or 0 if not measured
 * @param device the device on which llama.cpp computes, or empty if it is not loaded
 * @param cache where the context's KV cache is; {@link Area#NONE} if unknown
 * @param bf16Keys whether the KV cache holds keys in BF16
 * @param nodeHook address of the pointer to a function that sees each node of the context's graphs; 0 for none
 */
public record PreloadResult(
        long model,
        long context,
        int contextLength,
        boolean flashAttention,
        double microsPerToken,
        String device,
        Area cache,
        boolean bf16Keys,
        long nodeHook) {

    /**
     * A part of the launcher's memory.
     *
     * @param address where it begins, or 0 if there is none
     */
    public record Area(long address, long bytes) {
        public static final Area NONE = new Area(0, 0);
    }

    static PreloadResult of(ControlMessage message) throws IOException {
        return new PreloadResult(
                Long.parseUnsignedLong(message.field(1), 16),
                Long.parseUnsignedLong(message.field(2), 16),
                (int) message.number(3),
                message.number(4) != 0,
                Double.parseDouble(message.field(5)),
                message.field(6),
                new Area(Long.parseUnsignedLong(message.field(7), 16), message.number(8)),
                message.number(9) != 0,
                Long.parseUnsignedLong(message.field(10), 16));
    }
}
