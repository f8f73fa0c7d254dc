package io.quern.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Parses what a confused model may write: pieces of all formats, put together at random.
 * {@code -Dquern.fuzz.duration=PT10M} does so for longer than in CI, and {@code -Dquern.fuzz.seed} with other texts.
 */
class ConfusedAnswersTest {
    private static final int TEXTS = 3000;
    private static final Duration FUZZ = Duration.parse(System.getProperty("quern.fuzz.duration", "PT0S"));
    private static final long SEED = Long.getLong("quern.fuzz.seed", 20);

    private static final List<CallFormat> FORMATS = Stream.of(CallFormat.values())
            .filter(format -> format != CallFormat.AUTO)
            .toList();

    private static final List<String> PIECES = List.of(
            "<tool_call>",
            "</tool_call>",
            "{\"name\": \"get_time\", ",
            "\"arguments\": {",
            "\"a\": [1, ",
            "}",
            "]",
            "{",
            "[",
            "\"",
            "\\",
            ",",
            ";",
            "\n",
            " ",
            "x",
            "get_time",
            "[TOOL_CALLS]",
            "[ARGS]",
            "<|python_tag|>",
            "```json",
            "```",
            "<｜tool▁calls▁begin｜>",
            "<｜tool▁call▁begin｜>",
            "<｜tool▁sep｜>",
            "<｜tool▁call▁end｜>",
            "<function=get_time>",
            "<parameter=a>",
            "</parameter>",
            "</function>",
            "<|channel|>",
            "<|message|>",
            "<|end|>",
            "<|start|>",
            "analysis",
            "commentary to=functions.get_time",
            "<think>",
            "</think>",
            "{\"name\":\"get_time\",\"arguments\":{}}");

    @Test
    void answerIsParsedTheSameHoweverItIsCut() {
        ToolUse tools = use("get_time");
        Random random = new Random(SEED);
        long end = System.nanoTime() + FUZZ.toNanos();
        for (int i = 0; i < TEXTS || System.nanoTime() < end; i++) {
            String text = text(random);
            for (CallFormat calls : FORMATS) {
                ReasoningFormat reasoning = random.nextBoolean() ? ReasoningFormat.THINK : ReasoningFormat.NONE;
                AnswerFormat format = new AnswerFormat(calls, reasoning, false);
                assertThat(Parsed.of(format, tools, "", Parsed.pieces(text, random)))
                        .as("%s: %s", format, text)
                        .isEqualTo(Parsed.of(format, tools, "", List.of(text)));
            }
        }
    }

    @Test
    void answerWithoutKnownToolsIsContentWordForWord() {
        ToolUse others = use("other");
        Random random = new Random(SEED + 1);
        long end = System.nanoTime() + FUZZ.toNanos();
        for (int i = 0; i < TEXTS || System.nanoTime() < end; i++) {
            String text = text(random);
            for (CallFormat calls : FORMATS) {
                if (calls != CallFormat.GPT_OSS) {
                    AnswerFormat format = new AnswerFormat(calls, ReasoningFormat.NONE, false);
                    assertThat(Parsed.of(format, others, "", Parsed.pieces(text, random))
                                    .content())
                            .as("%s", calls)
                            .isEqualTo(text);
                }
            }
        }
    }

    private static ToolUse use(String name) {
        return new ToolUse(
                List.of(new Tool("tools[0].function", name, null, null, false)), new ToolChoice.Auto(), true);
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int n = 1 + random.nextInt(14); n > 0; n--) {
            text.append(PIECES.get(random.nextInt(PIECES.size())));
        }
        return text.toString();
    }
}
