package io.quern.openai;

import io.quern.generation.Prompt;
import io.quern.generation.TokenizedText;
import io.quern.generation.VocabularyQuestion;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.ToIntFunction;

/**
 * Reads the body of POST /tokenize: a prompt or, in the form of a chat, messages.
 *
 * @param contextLength returns the tokens per slot of the model with this name
 */
record TokenizeReader(
        JsonBody json,
        ModelSelection models,
        ToolFields tools,
        Templates templates,
        ToIntFunction<String> contextLength)
        implements Reception.Parser<VocabularyRequest<TokenizedText>> {
    static final JsonShape SHAPE = JsonShape.object(Map.of())
            .and(Set.of("model", "prompt", "add_special_tokens", "return_token_strs"))
            .and(UnsupportedFields.OF_TOKENS.shapes())
            .and(ConversationFields.SHAPES);

    @Override
    public VocabularyRequest<TokenizedText> parse(byte[] bytes, LongConsumer memory) {
        Fields body = json.read(bytes, SHAPE, memory);
        String model = models.of(body);
        boolean names = body.bool("return_token_strs");
        return new VocabularyRequest<>(
                model, question(body, model, names), answer -> json(answer, names, contextLength.applyAsInt(model)));
    }

    private VocabularyQuestion.Tokenize question(Fields body, String model, boolean names) {
        if (body.has("prompt") == body.has("messages")) {
            throw ApiException.invalid(
                    body.has("prompt") ? "messages" : "prompt",
                    body.has("prompt")
                            ? "prompt and messages exclude each other. Send only one of them."
                            : "prompt is missing. Send prompt or messages.");
        }
        boolean addSpecial = body.bool("add_special_tokens", body.has("prompt"));
        if (body.has("prompt")) {
            String prompt = body.text("prompt");
            return new VocabularyQuestion.Tokenize(String.valueOf(prompt), addSpecial, names);
        }
        UnsupportedFields.OF_TOKENS.refuseIn(body);
        Prompt.Text prompt = templates.render(model, ConversationFields.read(body, tools));
        // false means that the template writes them itself; if it does not, a chat gets them all the same
        return new VocabularyQuestion.Tokenize(
                prompt.text(), addSpecial || prompt.addSpecialTokens(), names, "messages");
    }

    private static Buffer json(TokenizedText text, boolean names, int contextLength) {
        int count = text.tokens().size();
        Buffer out = Buffer.buffer(64 + count * 8)
                .appendString("{\"count\":" + count + ",\"max_model_len\":" + contextLength + ",\"tokens\":[");
        for (int i = 0; i < count; i++) {
            out.appendString(i == 0 ? "" : ",")
                    .appendString(Integer.toString(text.tokens().get(i)));
        }
        out.appendString("],\"token_strs\":");
        if (!names) {
            return out.appendString("null}");
        }
        out.appendString("[");
        for (int i = 0; i < count; i++) {
            JsonText.appendQuoted(
                    out.appendString(i == 0 ? "" : ","), text.names().get(i));
        }
        return out.appendString("]}");
    }
}
