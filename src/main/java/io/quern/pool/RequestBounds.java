package io.quern.pool;

import io.quern.generation.GenerationError;
import io.quern.jvm.WorkerBounds;
import io.quern.wire.EngineFrame;
import java.util.Optional;

/**
 * Limits the size of a request to a worker. The worker would reject a larger one too, but would have to hold it in
 * memory first.
 *
 * @param worker the sizes for which the worker's memory is planned
 * @param maxFrameBytes the largest frame of its connection
 */
record RequestBounds(WorkerBounds worker, int maxFrameBytes) {

    /**
     * Returns why a request must not be sent, or empty if it may.
     *
     * @param context tokens per slot of the worker
     */
    Optional<GenerationError> problem(EngineFrame frame, int context) {
        long prompt = frame.getGenerate().getPromptBytes().size();
        if (prompt > worker.promptBytes() && worker.promptBytes() < maxFrameBytes) {
            long atLeast = Math.max(context + 1L, Math.ceilDiv(prompt * context, worker.promptBytes()));
            return Optional.of(new GenerationError.ContextLengthExceeded(
                    0,
                    context,
                    "This model's maximum context length is " + context + " tokens. However, the prompt of " + prompt
                            + " bytes has at least " + atLeast + " tokens. Please shorten the prompt."));
        }
        int tokens = frame.getGenerate().getPromptTokensCount();
        if (tokens > context) {
            return Optional.of(new GenerationError.ContextLengthExceeded(
                    tokens,
                    context,
                    "This model's maximum context length is " + context + " tokens. However, the prompt has " + tokens
                            + " tokens. Please shorten the prompt."));
        }
        if (frame.getSerializedSize() > maxFrameBytes) {
            return Optional.of(new GenerationError.InvalidRequest(
                    null,
                    "The request needs a frame of " + frame.getSerializedSize() + " bytes, but at most " + maxFrameBytes
                            + " are allowed. Shorten it, or raise quern.worker.max-frame-bytes."));
        }
        return Optional.empty();
    }
}
