package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.tools.AnswerFormat;
import io.quern.tools.AnswerParser;
import io.quern.tools.AnswerParts;
import io.quern.tools.CallFormat;
import io.quern.tools.ReasoningFormat;
import io.quern.tools.Tool;
import io.quern.tools.ToolChoice;
import io.quern.tools.ToolUse;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Renders conversations with tools by templates in the style of well-known models. */
class ToolTemplatesTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static final Tool WEATHER = new Tool(
            "tools[0].function",
            "get_weather",
            "Tells the weather",
            json("{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}"),
            false);
    private static final ToolUse TOOLS = new ToolUse(List.of(WEATHER), new ToolChoice.Auto(), true);

    private static final String ARGUMENTS = "{\"city\": \"Rome\"}";
    private static final ChatMessage QUESTION = new ChatMessage("user", "How is the weather?");
    private static final ChatMessage CALL = new ChatMessage(
            "assistant",
            null,
            Map.of(
                    "tool_calls",
                    List.of(Map.of(
                            "id",
                            "call_1",
                            "type",
                            "function",
                            "function",
                            Map.of("name", "get_weather", "arguments", ARGUMENTS)))));
    private static final ChatMessage RESULT =
            new ChatMessage("tool", "sunny", Map.of("tool_call_id", "call_1", "name", "get_weather"));

    /** Templates, each with what it demands of the caller. */
    private enum Style {
        HERMES(
                CallFormat.HERMES,
                "{% if tools %}<|system|># Tools{% for t in tools %}\n{{ t | tojson }}{% endfor %}\n{% endif %}"
                        + "{% for m in messages %}<|{{ m.role }}|>"
                        + "{% if m.tool_calls %}{{ m.content or '' }}{% for c in m.tool_calls %}<tool_call>\n"
                        + "{\"name\": \"{{ c.function.name }}\", \"arguments\": {{ c.function.arguments | tojson }}}\n"
                        + "</tool_call>{% endfor %}{% else %}{{ m.content }}{% endif %}\n{% endfor %}"
                        + "{% if add_generation_prompt %}<|assistant|>{% endif %}"),
        ELEMENTS(
                CallFormat.QWEN3_CODER,
                "{% for t in tools or [] %}{{ t.function.name }}{% endfor %}"
                        + "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}"
                        + "{% for c in m.tool_calls or [] %}<tool_call>\n<function={{ c.function.name }}>\n"
                        + "{% for k, v in c.function.arguments | items %}<parameter={{ k }}>\n{{ v }}\n</parameter>\n"
                        + "{% endfor %}</function>\n</tool_call>{% endfor %}{% endfor %}<|assistant|>"),
        LLAMA(
                CallFormat.LLAMA3,
                "{% for t in tools or [] %}{{ t | tojson(indent=4) }}{% endfor %}"
                        + "{% for m in messages %}<|{{ m.role }}|>{% if 'tool_calls' in m %}"
                        + "{% if m.tool_calls | length != 1 %}{{ raise_exception('one call only') }}{% endif %}"
                        + "{\"name\": \"{{ m.tool_calls[0].function.name }}\", \"parameters\": "
                        + "{{ m.tool_calls[0].function.arguments | tojson }}}{% else %}{{ m.content }}{% endif %}"
                        + "{% endfor %}<|assistant|>"),
        MISTRAL(
                CallFormat.MISTRAL,
                "{% for m in messages %}{% if m.role == 'user' %}"
                        + "{% if tools %}[AVAILABLE_TOOLS]{{ tools | tojson }}[/AVAILABLE_TOOLS]{% endif %}"
                        + "[INST]{{ m.content }}[/INST]{% elif m.tool_calls %}[TOOL_CALLS][{% for c in m.tool_calls %}"
                        + "{% if c.id | length != 9 %}{{ raise_exception('ids have nine characters') }}{% endif %}"
                        + "{{ (c.function | tojson)[:-1] }}, \"id\": \"{{ c.id }}\"}{% endfor %}]"
                        + "{% else %}{{ m.content }}{% endif %}{% endfor %}"),
        NAMED(
                CallFormat.MISTRAL,
                "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}[{{ m.role }}]{{ m.content }}"
                        + "{% for c in m.tool_calls or [] %}[TOOL_CALLS]{{ c.function.name }}[ARGS]"
                        + "{{ c.function.arguments }}{% endfor %}{% endfor %}"),
        DEEPSEEK(
                CallFormat.DEEPSEEK,
                "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}<|{{ m.role }}|>"
                        + "{% if m.content is none %}<｜tool▁calls▁begin｜>{% for c in m.tool_calls %}"
                        + "<｜tool▁call▁begin｜>{{ c.type }}<｜tool▁sep｜>{{ c.function.name }}\n```json\n"
                        + "{{ '' + c.function.arguments }}\n```<｜tool▁call▁end｜>{% endfor %}<｜tool▁calls▁end｜>"
                        + "{% else %}{{ m.content }}{% endif %}{% endfor %}"),
        HARMONY(
                CallFormat.GPT_OSS,
                "{% for t in tools or [] %}{{ t.function.name }}: {{ t.function.description }}{% endfor %}"
                        + "{% for m in messages %}{% if m.tool_calls %}{{ '' if 'x' in m.content }}"
                        + "<|start|>assistant{% set c = m.tool_calls[0].function %} to=functions.{{ c.name }}"
                        + "<|channel|>commentary json<|message|>{{ c.arguments | tojson }}<|call|>"
                        + "{% else %}<|start|>{{ m.role }}<|message|>{{ m.content }}<|end|>{% endif %}{% endfor %}"
                        + "{% if add_generation_prompt %}<|start|>assistant{% endif %}"),
        NO_TOOLS(
                CallFormat.JSON,
                "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] + '\n' }}{% endfor %}<|assistant|>"),
        NEITHER_TOOLS_NOR_SYSTEM(
                CallFormat.JSON,
                "{% for m in messages if m.role in ['user', 'assistant'] %}<|{{ m.role }}|>{{ m.content + '\n' }}"
                        + "{% endfor %}<|assistant|>");

        private final CallFormat expected;
        private final String template;

        Style(CallFormat expected, String template) {
            this.expected = expected;
            this.template = template;
        }
    }

    private static com.fasterxml.jackson.databind.JsonNode json(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static ChatTemplate parsed(String template) {
        return ChatTemplate.parse(
                template,
                Optional.empty(),
                Optional.empty(),
                new FixedTemplateConfig(Duration.ofMinutes(1), 1 << 20, 2),
                Clock.systemUTC());
    }

    private static String render(ChatTemplate template, ToolUse tools, ChatMessage... messages) {
        return template.render(new Conversation(List.of(messages), tools, Map.of()))
                .text();
    }

    @ParameterizedTest
    @EnumSource
    void formatIsThatOfTheTemplate(Style style) {
        assertThat(parsed(style.template)
                        .format(CallFormat.AUTO, ReasoningFormat.AUTO, true)
                        .calls())
                .isEqualTo(style.expected);
        assertThat(parsed(style.template)
                        .format(CallFormat.NONE, ReasoningFormat.AUTO, true)
                        .calls())
                .isEqualTo(CallFormat.NONE);
    }

    @ParameterizedTest
    @EnumSource
    void promptShowsToolsAndResults(Style style) {
        ChatTemplate template = parsed(style.template);
        assertThat(render(template, TOOLS, QUESTION)).contains("get_weather").contains("How is the weather?");
        assertThat(render(template, ToolUse.NONE, QUESTION)).doesNotContain("get_weather");
        assertThat(render(template, TOOLS, QUESTION, CALL, RESULT))
                .contains("Rome")
                .contains("sunny")
                .doesNotContain("None");
        // the conversation continues without tools
        assertThat(render(template, ToolUse.NONE, QUESTION, CALL, RESULT))
                .contains("Rome")
                .contains("sunny");
    }

    @ParameterizedTest
    @EnumSource
    void renderedCallParsesAsThatCall(Style style) throws JsonProcessingException {
        ChatTemplate template = parsed(style.template);
        String before = render(template, TOOLS, QUESTION);
        String after = render(template, TOOLS, QUESTION, CALL, RESULT);
        assertThat(after).startsWith(before);
        String answer = after.substring(before.length());
        List<String> calls = new ArrayList<>();
        StringBuilder arguments = new StringBuilder();
        AnswerFormat format = template.format(CallFormat.AUTO, ReasoningFormat.AUTO, true);
        AnswerParser parser = format.parser(TOOLS, before).apply(new AnswerParts() {
            @Override
            public void content(String text) {}

            @Override
            public void reasoning(String text) {}

            @Override
            public void call(int index, String id, String name) {
                calls.add(name);
            }

            @Override
            public void arguments(int index, String text) {
                arguments.append(text);
            }
        });
        parser.add(answer);
        parser.end();
        assertThat(calls).containsExactly("get_weather");
        assertThat(MAPPER.readTree(arguments.toString())).isEqualTo(MAPPER.readTree(ARGUMENTS));
    }

    @Test
    void templateThatForgetsSystemMessagesGetsInstructionsInTheQuestion() {
        String prompt = render(parsed(Style.NEITHER_TOOLS_NOR_SYSTEM.template), TOOLS, QUESTION);
        assertThat(prompt).startsWith("<|user|>You can call these functions:").endsWith("weather?\n<|assistant|>");
    }

    @Test
    void instructionsFollowTheSystemMessage() {
        String prompt =
                render(parsed(Style.NO_TOOLS.template), TOOLS, new ChatMessage("system", "Be brief."), QUESTION);
        assertThat(prompt).startsWith("<|system|>Be brief.\n\nYou can call these functions:");
    }

    @Test
    void resultsOfOneMessageFormOneTurn() {
        String prompt = render(parsed(Style.NO_TOOLS.template), TOOLS, QUESTION, CALL, RESULT, RESULT);
        assertThat(prompt)
                .endsWith("<|user|><tool_response>\nsunny\n</tool_response>\n<tool_response>\nsunny\n</tool_response>\n"
                        + "<|assistant|>");
    }

    @Test
    void brokenArgumentsOfAnEarlierCallAreRendered() {
        ChatMessage broken = new ChatMessage(
                "assistant",
                null,
                Map.of(
                        "tool_calls",
                        List.of(Map.of(
                                "id",
                                "call_1",
                                "type",
                                "function",
                                "function",
                                Map.of("name", "get_weather", "arguments", "{\"city\": \"Ro")))));
        for (Style style : Style.values()) {
            assertThat(render(parsed(style.template), TOOLS, QUESTION, broken, RESULT))
                    .contains("Ro");
        }
    }

    @Test
    void variablesReachTheTemplateButCannotReplaceMessages() {
        ChatTemplate template = parsed("{{ messages[0].content }} {{ enable_thinking }} {{ mood }}");
        assertThat(template.render(new Conversation(
                                List.of(QUESTION),
                                ToolUse.NONE,
                                Map.of("enable_thinking", false, "mood", "glad", "messages", List.of())))
                        .text())
                .isEqualTo("How is the weather? False glad");
    }

    @Test
    void failureWithVariablesOfTheRequestBlamesTheRequest() {
        ChatTemplate template = parsed("{% for x in mood %}{{ x }}{% endfor %}{{ messages[0].content }}");
        assertThatExceptionOfType(ChatTemplateException.class)
                .isThrownBy(() -> template.render(new Conversation(List.of(QUESTION), ToolUse.NONE, Map.of("mood", 5))))
                .matches(e -> e.kind() == ChatTemplateException.Kind.REFUSED);
    }

    @Test
    void reasoningOfEarlierMessagesReachesTheTemplate() {
        ChatTemplate template = parsed("{% for m in messages %}{{ m.reasoning_content }}{{ m.thinking }}{% endfor %}");
        assertThat(render(
                        template, ToolUse.NONE, new ChatMessage("assistant", "4", Map.of("reasoning_content", "2+2"))))
                .isEqualTo("2+22+2");
    }
}
