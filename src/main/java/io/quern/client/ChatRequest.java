package io.quern.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request for a streamed chat completion. What is null is left to the service.
 *
 * @param ignoreEos whether the answer continues past the model's end of generation, as Quern and vLLM can
 */
public record ChatRequest(String model, List<Message> messages, Sampling sampling, boolean ignoreEos) {

    /** @param maxTokens the longest answer in tokens */
    public record Sampling(
            @Nullable Double temperature,
            @Nullable Integer maxTokens,
            @Nullable Long seed) {
        public static final Sampling DEFAULT = new Sampling(null, null, null);
    }

    String json() {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("model", model);
        body.put("stream", true);
        body.putObject("stream_options").put("include_usage", true);
        if (sampling.temperature() != null) {
            body.put("temperature", sampling.temperature());
        }
        if (sampling.maxTokens() != null) {
            body.put("max_tokens", sampling.maxTokens());
        }
        if (sampling.seed() != null) {
            body.put("seed", sampling.seed());
        }
        if (ignoreEos) {
            body.put("ignore_eos", true);
        }
        var all = body.putArray("messages");
        for (Message message : messages) {
            all.addObject().put("role", message.role()).put("content", message.content());
        }
        return body.toString();
    }
}
