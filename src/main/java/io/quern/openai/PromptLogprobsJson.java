package io.quern.openai;

import io.quern.generation.TokenLogprob;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/** Writes the log probabilities of a prompt in vLLM's form: for each token an object of tokens by their numbers. */
final class PromptLogprobsJson {
    private PromptLogprobsJson() {}

    /** Appends the field {@code prompt_logprobs}. The first token follows nothing, so it has null. */
    static void append(Buffer out, List<TokenLogprob> tokens) {
        out.appendString(",\"prompt_logprobs\":[");
        for (int i = 0; i < tokens.size(); i++) {
            append(i == 0 ? out : out.appendByte((byte) ','), tokens.get(i));
        }
        out.appendByte((byte) ']');
    }

    /** The token of the prompt comes first, even if it is one of the most likely ones. */
    private static void append(Buffer out, TokenLogprob token) {
        if (!token.hasLogprob()) {
            out.appendString("null");
            return;
        }
        append(out.appendByte((byte) '{'), token, token.rank());
        for (int i = 0; i < token.top().size(); i++) {
            if (token.top().get(i).token() != token.token()) {
                append(out.appendByte((byte) ','), token.top().get(i), i + 1);
            }
        }
        out.appendByte((byte) '}');
    }

    private static void append(Buffer out, TokenLogprob token, int rank) {
        out.appendString("\"" + token.token() + "\":{\"logprob\":" + LogprobsJson.number(token) + ",\"rank\":" + rank
                + ",\"decoded_token\":");
        JsonText.appendQuoted(out, token.text()).appendByte((byte) '}');
    }
}
