package io.quern.openai;

import io.quern.tools.AnswerFormat;
import java.util.Map;
import java.util.Set;

/**
 * Says what the answer contains of the model's reasoning.
 *
 * @param separate whether it is separated from the content
 * @param shown whether the client gets it
 */
record ReasoningFields(boolean separate, boolean shown) {
    private static final String INCLUDE = "include_reasoning";
    private static final String FORMAT = "reasoning_format";
    private static final String NONE = "none";
    private static final Set<String> SEPARATE = Set.of("auto", "deepseek");

    static final Map<String, JsonShape> SHAPES = Map.of(INCLUDE, JsonShape.LEAF, FORMAT, JsonShape.LEAF);

    static ReasoningFields read(Fields body) {
        String format = body.text(FORMAT);
        if (format != null && !format.equals(NONE) && !SEPARATE.contains(format)) {
            throw ApiException.invalid(
                    FORMAT, FORMAT + " must be \"none\", \"auto\" or \"deepseek\", but is " + Excerpt.quoted(format));
        }
        return new ReasoningFields(!NONE.equals(format), body.bool(INCLUDE, true));
    }

    AnswerFormat in(AnswerFormat format) {
        return separate ? format : format.withoutReasoning();
    }
}
