package io.quern.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Parses answers in each format, in one piece, cut at each place, and character by character. */
class AnswerParserTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static final Tool WEATHER = tool("get_weather", """
            {"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},
            "tags":{"type":"array"},"exact":{"type":"boolean"}}}""");
    private static final Tool TIME = tool("get_time", null);
    private static final ToolUse TOOLS = new ToolUse(List.of(WEATHER, TIME), new ToolChoice.Auto(), true);

    private record Answer(
            String name,
            CallFormat calls,
            ReasoningFormat reasoning,
            ToolUse tools,
            String prompt,
            String text,
            String content,
            String thought,
            List<Parsed.Call> expected) {

        Answer(CallFormat calls, String text, String content, Parsed.Call... expected) {
            this(calls + ": " + text, calls, ReasoningFormat.NONE, TOOLS, "", text, content, "", List.of(expected));
        }

        Answer with(ToolUse others) {
            return new Answer(
                    others.choice() + " " + name, calls, reasoning, others, prompt, text, content, thought, expected);
        }

        Answer thinking(ReasoningFormat format, String open, String thoughts) {
            return new Answer(name, calls, format, tools, open, text, content, thoughts, expected);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Tool tool(String name, String schema) {
        try {
            return new Tool("tools[0].function", name, null, schema == null ? null : MAPPER.readTree(schema), false);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static Parsed.Call weather(String arguments) {
        return new Parsed.Call("get_weather", arguments);
    }

    private static Parsed.Call time(String arguments) {
        return new Parsed.Call("get_time", arguments);
    }

    static List<Answer> answers() {
        List<Answer> answers = new ArrayList<>();
        answers.addAll(hermes());
        answers.addAll(llama());
        answers.addAll(mistral());
        answers.addAll(deepSeek());
        answers.addAll(elements());
        answers.addAll(harmony());
        answers.addAll(json());
        answers.addAll(reasoning());
        return answers;
    }

    private static List<Answer> hermes() {
        CallFormat f = CallFormat.HERMES;
        String one = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>";
        return List.of(
                new Answer(f, "Hello.", "Hello."),
                new Answer(f, "\n Hello \n\n", "\n Hello \n\n"),
                new Answer(f, "", ""),
                new Answer(f, one, "", weather("{\"city\": \"Rome\"}")),
                new Answer(f, "Let me look.\n\n" + one + "\n", "Let me look.", weather("{\"city\": \"Rome\"}")),
                new Answer(
                        f,
                        one + "\n<tool_call>\n{\"name\":\"get_time\",\"arguments\":{}}\n</tool_call>",
                        "",
                        weather("{\"city\": \"Rome\"}"),
                        time("{}")),
                new Answer(f, one + "\n\nThat is it. \n", "That is it. \n", weather("{\"city\": \"Rome\"}")),
                new Answer(
                        f,
                        "<tool_call>{\"arguments\": {\"days\": 3}, \"name\": \"get_weather\"}</tool_call>",
                        "",
                        weather("{\"days\": 3}")),
                new Answer(
                        f,
                        "<tool_call>{\"name\": \"get_weather\", \"arguments\": \"{\\\"city\\\":\\\"Ba\\\\u0308r\\\"}\"}</tool_call>",
                        "",
                        weather("{\"city\":\"Ba\\u0308r\"}")),
                new Answer(f, "<tool_call>{\"name\": \"get_time\"}</tool_call>", "", time("{}")),
                new Answer(f, "<tool_call>{\"name\": \"get_time\", \"arguments\": null}</tool_call>", "", time("{}")),
                new Answer(
                        f,
                        "<tool_call>{\"type\":\"function\",\"id\":\"x\",\"function\":{\"name\":\"get_time\","
                                + "\"arguments\":{\"a\":1}},\"index\":0}</tool_call>",
                        "",
                        time("{\"a\":1}")),
                // a list, as SmolLM2 was trained
                new Answer(
                        f,
                        "<tool_call>[{\"name\": \"get_time\", \"arguments\": {}},"
                                + " {\"name\": \"get_weather\", \"arguments\": {}}]</tool_call>",
                        "",
                        time("{}"),
                        weather("{}")),
                // a missing brace and a missing end
                new Answer(
                        f,
                        "<tool_call>{\"name\":\"get_time\",\"arguments\":{\"a\":[1]}</tool_call>x",
                        "x",
                        time("{\"a\":[1]}")),
                new Answer(f, "<tool_call>{\"name\":\"get_time\",\"arguments\":{\"a\":1}}", "", time("{\"a\":1}")),
                new Answer(f, "<tool_call>{\"name\":\"get_time\",\"arguments\":{\"a\":[1", "", time("{\"a\":[1")),
                new Answer(
                        f,
                        "<tool_call>{\"name\":\"get_time\",\"arguments\":{'a':1}}</tool_call> y",
                        "y",
                        time("{'a':1}}")),
                new Answer(
                        f,
                        "<tool_call>{\"name\":\"get_time\",\"arguments\":{\"a\":\"x\ny\tz\"}}</tool_call>",
                        "",
                        time("{\"a\":\"x\\ny\\tz\"}")),
                // text that looks like a call
                new Answer(f, "<tool_call>", "<tool_call>"),
                new Answer(f, "a <tool_cal", "a <tool_cal"),
                new Answer(f, "<tool_call>no", "<tool_call>no"),
                new Answer(f, "<tool_call>{\"name\": \"get_ti", "<tool_call>{\"name\": \"get_ti"),
                new Answer(f, "<tool_call>{\"name\": 1}</tool_call>", "<tool_call>{\"name\": 1}</tool_call>"),
                new Answer(
                        f,
                        "<tool_call>{\"name\":\"unknown\",\"arguments\":{}}</tool_call>",
                        "<tool_call>{\"name\":\"unknown\",\"arguments\":{}}</tool_call>"),
                new Answer(
                        f,
                        "<tool_call>{\"arguments\":{\"a\":1}}</tool_call>",
                        "<tool_call>{\"arguments\":{\"a\":1}}</tool_call>"),
                new Answer(f, "<tool_call>{ " + one, "<tool_call>{", weather("{\"city\": \"Rome\"}")),
                new Answer(f, "{\"name\": \"get_time\", \"arguments\": {}}", "", time("{}")),
                new Answer(f, "{\"name\": \"Ada\", \"age\": 3}", "{\"name\": \"Ada\", \"age\": 3}"),
                new Answer(f, "[1, 2]", "[1, 2]"),
                new Answer(f, " {", " {"),
                // no tools may be called
                new Answer(f, one, one).with(new ToolUse(List.of(WEATHER), new ToolChoice.None(), true)),
                new Answer(f, one, one)
                        .with(new ToolUse(List.of(WEATHER, TIME), new ToolChoice.Named("get_time"), true)),
                // one call only
                new Answer(f, one + one + "\nBye", "Bye", weather("{\"city\": \"Rome\"}"))
                        .with(new ToolUse(List.of(WEATHER), new ToolChoice.Auto(), false)));
    }

    private static List<Answer> llama() {
        CallFormat f = CallFormat.LLAMA3;
        String call = "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Rome\"}}";
        return List.of(
                new Answer(f, call, "", weather("{\"city\": \"Rome\"}")),
                new Answer(f, "<|python_tag|>" + call, "", weather("{\"city\": \"Rome\"}")),
                new Answer(
                        f,
                        call + "; {\"name\": \"get_time\", \"parameters\": {}}",
                        "",
                        weather("{\"city\": \"Rome\"}"),
                        time("{}")),
                new Answer(f, call + " and so on", "and so on", weather("{\"city\": \"Rome\"}")),
                new Answer(f, call + ";x", ";x", weather("{\"city\": \"Rome\"}")),
                new Answer(
                        f,
                        "<|python_tag|>get_weather.call(city=\"Rome\")",
                        "<|python_tag|>get_weather.call(city=\"Rome\")"),
                new Answer(f, "It is {\"name\": \"get_weather\"}.", "It is {\"name\": \"get_weather\"}."),
                new Answer(f, "{\"type\": \"function\", \"name\": \"get_time\", \"parameters\": {}}", "", time("{}")));
    }

    private static List<Answer> mistral() {
        CallFormat f = CallFormat.MISTRAL;
        return List.of(
                new Answer(
                        f,
                        "[TOOL_CALLS][{\"name\": \"get_weather\", \"arguments\": {\"days\": 1}, \"id\": \"123456789\"}]",
                        "",
                        weather("{\"days\": 1}")),
                new Answer(
                        f,
                        "[TOOL_CALLS] [{\"name\": \"get_time\", \"arguments\": {}}, {\"name\": \"get_weather\","
                                + " \"arguments\": {}}]",
                        "",
                        time("{}"),
                        weather("{}")),
                new Answer(
                        f,
                        "Yes.[TOOL_CALLS]get_weather[ARGS]{\"city\": \"Rome\"}",
                        "Yes.",
                        weather("{\"city\": \"Rome\"}")),
                new Answer(
                        f,
                        "[TOOL_CALLS]get_weather[ARGS]{\"days\": 2}[TOOL_CALLS]get_time[ARGS]{}",
                        "",
                        weather("{\"days\": 2}"),
                        time("{}")),
                new Answer(f, "[TOOL_CALLS]get_time[CALL_ID]abcdefghi[ARGS]{\"a\": 1}", "", time("{\"a\": 1}")),
                new Answer(f, "[TOOL_CALLS]get_time{\"a\": 1}", "", time("{\"a\": 1}")),
                new Answer(f, "[TOOL_CALLS]get_time[ARGS]nonsense", "", time("nonsense")),
                new Answer(f, "[TOOL_CALLS]unknown[ARGS]{}", "[TOOL_CALLS]unknown[ARGS]{}"),
                new Answer(f, "[TOOL_CALLS]", "[TOOL_CALLS]"),
                new Answer(f, "[TOOL_CA", "[TOOL_CA"),
                new Answer(f, "[1, 2] is a list", "[1, 2] is a list"),
                new Answer(f, "[{\"name\": \"get_time\", \"arguments\": {}}]", "", time("{}")));
    }

    private static List<Answer> deepSeek() {
        CallFormat f = CallFormat.DEEPSEEK;
        String v3 =
                "<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"city\": \"Rome\"}\n```<｜tool▁call▁end｜>";
        String v31 = "<｜tool▁call▁begin｜>get_time<｜tool▁sep｜>{\"a\": 1}<｜tool▁call▁end｜>";
        String all = "<｜tool▁calls▁begin｜>";
        String end = "<｜tool▁calls▁end｜>";
        return List.of(
                new Answer(f, all + v3 + end, "", weather("{\"city\": \"Rome\"}")),
                new Answer(
                        f,
                        all + v3 + "\n" + v3 + end,
                        "",
                        weather("{\"city\": \"Rome\"}"),
                        weather("{\"city\": \"Rome\"}")),
                new Answer(f, "Well.\n" + all + v31 + v31 + end, "Well.", time("{\"a\": 1}"), time("{\"a\": 1}")),
                new Answer(f, v31, "", time("{\"a\": 1}")),
                new Answer(
                        f,
                        all + "<｜tool▁call▁begin｜>nothing<｜tool▁sep｜>{}<｜tool▁call▁end｜>",
                        all + "<｜tool▁call▁begin｜>nothing<｜tool▁sep｜>{}<｜tool▁call▁end｜>"),
                new Answer(f, all + "and then", all + "and then"),
                new Answer(f, all + v31 + " bye", "bye", time("{\"a\": 1}")));
    }

    private static List<Answer> elements() {
        CallFormat f = CallFormat.QWEN3_CODER;
        return List.of(
                new Answer(
                        f,
                        "Ok.\n<tool_call>\n<function=get_weather>\n<parameter=city>\nRo\"me\n</parameter>\n"
                                + "<parameter=days>\n3\n</parameter>\n<parameter=tags>\n[\"a\", 1]\n</parameter>\n"
                                + "<parameter=exact>\nTrue\n</parameter>\n</function>\n</tool_call>",
                        "Ok.",
                        weather("{\"city\": \"Ro\\\"me\", \"days\": 3, \"tags\": [\"a\", 1], \"exact\": true}")),
                new Answer(f, "<tool_call>\n<function=get_time>\n</function>\n</tool_call>", "", time("{}")),
                new Answer(
                        f,
                        "<function=get_weather>\n<parameter=city>\na\n\nb <c>\n</parameter>\n</function>\n",
                        "",
                        weather("{\"city\": \"a\\n\\nb <c>\"}")),
                new Answer(
                        f,
                        "<tool_call><function=get_weather><parameter=days>many</parameter></function></tool_call>",
                        "",
                        weather("{\"days\": \"many\"}")),
                new Answer(f, "<tool_call><function=get_weather><parameter=city>Ro", "", weather("{\"city\": \"Ro")),
                new Answer(
                        f,
                        "<tool_call>\n<function=other>\n</function>\n</tool_call>",
                        "<tool_call>\n<function=other>\n</function>\n</tool_call>"),
                new Answer(f, "<function=", "<function="),
                new Answer(f, "<tool_call>{\"name\":\"get_time\",\"arguments\":{}}</tool_call>", "", time("{}")));
    }

    private static List<Answer> harmony() {
        CallFormat f = CallFormat.GPT_OSS;
        return List.of(
                new Answer(f, "<|channel|>final<|message|>Hello.", "Hello."),
                new Answer(
                                f,
                                "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hi<|return|>",
                                "Hi")
                        .thinking(ReasoningFormat.NONE, "", "Hm."),
                new Answer(
                                f,
                                "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary"
                                        + " to=functions.get_weather <|constrain|>json<|message|>{\"city\":\"Rome\"}<|call|>",
                                "",
                                weather("{\"city\":\"Rome\"}"))
                        .thinking(ReasoningFormat.NONE, "", "Hm."),
                new Answer(f, " to=functions.get_time<|channel|>commentary json<|message|>{}", "", time("{}")),
                new Answer(
                        f, "<|channel|>commentary to=functions.get_time <|constrain|>json<|message|>", "", time("{}")),
                new Answer(
                        f,
                        "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>commentary"
                                + " to=functions.get_time <|constrain|>json<|message|>{}<|call|>",
                        "I look.",
                        time("{}")),
                new Answer(f, "<|channel|>commentary to=functions.unknown json<|message|>{}", "{}"),
                new Answer(f, "Just text", "Just text"),
                new Answer(f, "<|channel|>fin", "<|channel|>fin"),
                new Answer(f, "a < b", "a < b"));
    }

    private static List<Answer> json() {
        CallFormat f = CallFormat.JSON;
        return List.of(
                new Answer(f, "{\"name\": \"get_time\", \"arguments\": {}}", "", time("{}")),
                new Answer(f, "[{\"name\": \"get_time\", \"arguments\": {}}]", "", time("{}")),
                new Answer(f, "<tool_call>{\"name\": \"get_time\", \"arguments\": {}}</tool_call>", "", time("{}")),
                new Answer(
                        f,
                        "Sure:\n```json\n{\"name\": \"get_time\", \"arguments\": {\"a\": 1}}\n```\nDone",
                        "Sure:\nDone",
                        time("{\"a\": 1}")),
                new Answer(f, "```json\n{\"a\": 1}\n```", "```json\n{\"a\": 1}\n```"));
    }

    private static List<Answer> reasoning() {
        CallFormat f = CallFormat.HERMES;
        String call = "<tool_call>{\"name\": \"get_time\", \"arguments\": {}}</tool_call>";
        return List.of(
                new Answer(f, "<think>\nWell.\n</think>\n\nHi", "Hi").thinking(ReasoningFormat.THINK, "", "Well."),
                new Answer(f, "\n<think>a b", "").thinking(ReasoningFormat.THINK, "", "a b"),
                new Answer(f, "Well.\n</think>\n\n" + call, "", time("{}"))
                        .thinking(ReasoningFormat.THINK, "<assistant><think>\n", "Well."),
                new Answer(f, "<think>Well.</think>Hi", "Hi")
                        .thinking(ReasoningFormat.THINK, "<assistant><think>\n", "Well."),
                new Answer(f, "</think>Hi", "Hi").thinking(ReasoningFormat.THINK, "<think>", ""),
                new Answer(f, "Say <think>x</think>", "Say <think>x</think>").thinking(ReasoningFormat.THINK, "", ""),
                new Answer(f, " \n Hi ", " \n Hi ").thinking(ReasoningFormat.THINK, "", ""),
                new Answer(f, "<thin", "<thin").thinking(ReasoningFormat.THINK, "", ""),
                new Answer(f, "<think>a</think>", "").thinking(ReasoningFormat.THINK, "", "a"),
                new Answer(f, "[THINK]a[/THINK]b", "b").thinking(ReasoningFormat.MISTRAL, "", "a"));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void answerInOnePiece(Answer answer) {
        assertThat(parse(answer, List.of(answer.text)))
                .isEqualTo(new Parsed(answer.content, answer.thought, answer.expected));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void cutsChangeNothing(Answer answer) {
        Parsed whole = new Parsed(answer.content, answer.thought, answer.expected);
        String text = answer.text;
        for (int i = 1; i < text.length(); i++) {
            assertThat(parse(answer, List.of(text.substring(0, i), text.substring(i))))
                    .as("cut at %d", i)
                    .isEqualTo(whole);
        }
        List<String> characters =
                text.chars().mapToObj(c -> String.valueOf((char) c)).toList();
        assertThat(parse(answer, characters)).isEqualTo(whole);
        for (int seed = 0; seed < 20; seed++) {
            assertThat(parse(answer, Parsed.pieces(text, new Random(seed))))
                    .as("seed %d", seed)
                    .isEqualTo(whole);
        }
    }

    private static Parsed parse(Answer answer, List<String> pieces) {
        List<String> notEmpty =
                pieces.stream().filter(piece -> !piece.isEmpty()).toList();
        return Parsed.of(
                new AnswerFormat(answer.calls, answer.reasoning, false), answer.tools, answer.prompt, notEmpty);
    }

    @Test
    void longBrokenCallIsNotHeldForever() {
        Parsed.Collector collector = new Parsed.Collector();
        AnswerParser parser = new AnswerFormat(CallFormat.HERMES, ReasoningFormat.NONE, false)
                .parser(TOOLS, "")
                .apply(collector);
        parser.add("<tool_call>{\"arguments\": {\"a\": \"");
        for (int i = 0; i < Rest.MAX_RECORDED; i++) {
            parser.add("ab");
        }
        assertThat(collector.parsed().content()).hasSizeGreaterThan(Rest.MAX_RECORDED);
    }
}
