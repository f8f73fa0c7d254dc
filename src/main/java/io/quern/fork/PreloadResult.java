package io.quern.fork;

import java.io.IOException;

/**
 * What a launcher has loaded.
 *
 * @param model its address in the launcher and its children; 0: none
 * @param context the address of the context that is made and warm; 0: none
 * @param contextLength tokens per slot of the context
 * @param flashAttention whether the context uses the fused attention kernel
 * @param microsPerToken how long it takes to prefill a token, in microseconds; 0: not measured
 * @param device what llama.cpp computes on; empty if it is not loaded
 */
public record PreloadResult(
        long model, long context, int contextLength, boolean flashAttention, double microsPerToken, String device) {

    static PreloadResult of(ControlMessage message) throws IOException {
        return new PreloadResult(
                Long.parseUnsignedLong(message.field(1), 16),
                Long.parseUnsignedLong(message.field(2), 16),
                (int) message.number(3),
                message.number(4) != 0,
                Double.parseDouble(message.field(5)),
                message.field(6));
    }
}
