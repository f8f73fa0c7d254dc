package io.quern.tools;

import java.util.List;
import java.util.Locale;

/** The formats in which models write calls. */
public enum CallFormat {
    /** The one that the model's chat template shows. */
    AUTO,
    /** JSON objects in {@code <tool_call>}: Qwen2.5, Qwen3, Hermes, Granite 4. */
    HERMES,
    /** Elements in {@code <tool_call>}: Qwen3-Coder, Qwen3.5. */
    QWEN3_CODER,
    /** A JSON object with {@code parameters}, perhaps after {@code <|python_tag|>}: Llama 3.1 to 3.3. */
    LLAMA3,
    /** {@code [TOOL_CALLS]} before a list of JSON objects, or before a name and {@code [ARGS]}. */
    MISTRAL,
    /** Messages on channels. */
    GPT_OSS,
    /** DeepSeek V3, V3.1 and R1. */
    DEEPSEEK,
    /**
     * JSON objects in {@code <tool_call>}, in a block of code or without a mark. Models write calls this way if their
     * template does not show tools. DeepSeek's marks count too, because its templates show only calls.
     */
    JSON,
    /** No calls are parsed. */
    NONE;

    private static final String PYTHON_TAG = "<|python_tag|>";
    private static final String FENCE = "```json";
    private static final String END_OF_FENCE = "```";

    private static final MarkedCalls.Style HERMES_STYLE =
            new MarkedCalls.Style(List.of(HermesCalls.OPEN), true, HermesCalls::new);
    private static final MarkedCalls.Style QWEN3_CODER_STYLE =
            new MarkedCalls.Style(List.of(HermesCalls.OPEN, XmlCalls.FUNCTION), true, HermesCalls::new);
    private static final MarkedCalls.Style LLAMA3_STYLE =
            new MarkedCalls.Style(List.of(PYTHON_TAG), true, CallFormat::objects);
    private static final MarkedCalls.Style MISTRAL_STYLE = new MarkedCalls.Style(
            List.of(MistralCalls.MARK),
            true,
            source -> source.mark().isEmpty() ? objects(source) : new MistralCalls(source));
    private static final MarkedCalls.Style DEEPSEEK_STYLE =
            new MarkedCalls.Style(DeepSeekCalls.MARKS, false, DeepSeekCalls::new);
    private static final MarkedCalls.Style JSON_STYLE = new MarkedCalls.Style(
            List.of(HermesCalls.OPEN, FENCE, DeepSeekCalls.CALLS_BEGIN, DeepSeekCalls.BEGIN),
            true,
            source -> switch (source.mark()) {
                case FENCE -> new JsonCalls(source.rest(), source.calls(), END_OF_FENCE);
                case DeepSeekCalls.CALLS_BEGIN, DeepSeekCalls.BEGIN -> new DeepSeekCalls(source);
                default -> new HermesCalls(source);
            });

    private static CallReader objects(MarkedCalls.Source source) {
        return new JsonCalls(source.rest(), source.calls(), null);
    }

    /**
     * Returns the format that a chat template uses, or {@link #JSON} if it uses none of them.
     *
     * @param template its source
     */
    static CallFormat of(String template) {
        if (template.contains(HarmonyParser.CHANNEL) && template.contains(HarmonyParser.MESSAGE)) {
            return GPT_OSS;
        }
        if (template.contains(MistralCalls.MARK)) {
            return MISTRAL;
        }
        if (template.contains(DeepSeekCalls.CALLS_BEGIN)) {
            return DEEPSEEK;
        }
        if (template.contains(XmlCalls.FUNCTION) && template.contains(XmlCalls.PARAMETER)) {
            return QWEN3_CODER;
        }
        if (template.contains(HermesCalls.OPEN)) {
            return HERMES;
        }
        if (template.contains(PYTHON_TAG) || template.contains("\"parameters\": ")) {
            return LLAMA3;
        }
        return JSON;
    }

    /** Returns the parser of an answer in this format, which must not be {@link #AUTO}. */
    AnswerParser parser(Calls calls, AnswerParts parts) {
        return switch (this) {
            case HERMES -> new MarkedCalls(HERMES_STYLE, calls, parts);
            case QWEN3_CODER -> new MarkedCalls(QWEN3_CODER_STYLE, calls, parts);
            case LLAMA3 -> new MarkedCalls(LLAMA3_STYLE, calls, parts);
            case MISTRAL -> new MarkedCalls(MISTRAL_STYLE, calls, parts);
            case GPT_OSS -> new HarmonyParser(calls, parts);
            case DEEPSEEK -> new MarkedCalls(DEEPSEEK_STYLE, calls, parts);
            case JSON -> new MarkedCalls(JSON_STYLE, calls, parts);
            case NONE -> new ContentParser(parts);
            case AUTO -> throw new IllegalArgumentException("no format");
        };
    }

    /** Returns the name used in the configuration. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
