package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.TestModels;
import io.quern.generation.Prompt;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ChatTemplateTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-02-14T09:05:07Z"), ZoneOffset.UTC);
    private static final List<ChatMessage> HI = List.of(new ChatMessage("user", "Hi"));

    @TestFactory
    Stream<DynamicNode> promptsAreThoseOfPythonsJinja() {
        return RecordedPrompts.TEMPLATES.stream()
                .map(name -> DynamicContainer.dynamicContainer(name, promptsOf(RecordedPrompts.read(name))));
    }

    private Stream<DynamicTest> promptsOf(JsonNode recorded) {
        ChatTemplate template = parse(recorded);
        Map<String, List<ChatMessage>> conversations = RecordedPrompts.conversations();
        assertThat(conversations).hasSizeGreaterThanOrEqualTo(20);
        return conversations.entrySet().stream()
                .map(conversation -> DynamicTest.dynamicTest(
                        conversation.getKey(),
                        () -> check(
                                template,
                                conversation.getValue(),
                                recorded.get("prompts").get(conversation.getKey()))));
    }

    private static void check(ChatTemplate template, List<ChatMessage> messages, JsonNode expected) {
        if (expected.has("raised")) {
            assertThatExceptionOfType(ChatTemplateException.class)
                    .isThrownBy(() -> template.render(messages))
                    .withMessageContaining(expected.get("raised").asText())
                    .satisfies(e -> {
                        assertThat(e.kind()).isEqualTo(ChatTemplateException.Kind.REFUSED);
                        assertThat(e.getMessage()).endsWith("(line " + e.line() + ")");
                    });
        } else {
            assertThat(template.render(messages).text())
                    .isEqualTo(expected.get("prompt").asText());
        }
    }

    @Tag(TestModels.SMOLLM2)
    @Test
    void recordedTemplateEqualsThatOfModel() {
        GgufMetadata model = GgufMetadata.read(TestModels.smolLm2());
        JsonNode recorded = RecordedPrompts.read("smollm2");

        assertThat(model.chatTemplate()).hasValue(recorded.get("template").asText());
        assertThat(model.bosToken()).hasValue(recorded.get("bos_token").asText());
        assertThat(model.eosToken()).hasValue(recorded.get("eos_token").asText());
    }

    @Test
    void modelWithoutTemplateUsesChatMl() {
        JsonNode chatml = RecordedPrompts.read("chatml").get("prompts");
        ChatTemplate template = parse(ChatTemplate.CHATML, "");
        RecordedPrompts.conversations().forEach((name, messages) -> assertThat(
                        template.render(messages).text())
                .as(name)
                .isEqualTo(chatml.get(name).get("prompt").asText()));
    }

    @Test
    void tokenizerAddsBosOnlyIfTemplateDidNot() {
        assertThat(parse("{{ bos_token }}Hi", "<s>").render(HI)).isEqualTo(new Prompt.Text("<s>Hi", false));
        assertThat(parse("Hi", "<s>").render(HI)).isEqualTo(new Prompt.Text("Hi", true));
        assertThat(parse("Hi", "").render(HI)).isEqualTo(new Prompt.Text("Hi", true));
    }

    @Test
    void promptEndsAsRequested() {
        ChatTemplate template = parse(
                "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}</>{% endfor %}"
                        + "{% if add_generation_prompt %}<assistant>{% endif %}",
                "");
        List<ChatMessage> begun = List.of(new ChatMessage("user", "one, two"), new ChatMessage("assistant", " one, "));
        assertThat(template.render(begun, PromptEnd.NEXT_MESSAGE).text())
                .isEqualTo("<user>one, two</><assistant>one,</><assistant>");
        assertThat(template.render(begun, PromptEnd.LAST_MESSAGE).text())
                .isEqualTo("<user>one, two</><assistant>one,</>");
        assertThat(template.render(begun, PromptEnd.INSIDE_LAST_MESSAGE).text())
                .isEqualTo("<user>one, two</><assistant>one,");
    }

    @Test
    void continuedTextKeepsItsBlanksIfTheTemplateDoes() {
        ChatTemplate template = parse("{% for m in messages %}[{{ m.content }}]{% endfor %}", "");
        List<ChatMessage> begun = List.of(new ChatMessage("user", "a"), new ChatMessage("assistant", "  b \n"));
        assertThat(template.render(begun, PromptEnd.INSIDE_LAST_MESSAGE).text()).isEqualTo("[a][  b \n");
    }

    @Test
    void templateThatDropsTheLastMessageCannotContinueIt() {
        ChatTemplate template = parse("{{ messages[0].content }}", "");
        List<ChatMessage> begun = List.of(new ChatMessage("user", "a"), new ChatMessage("assistant", "b"));
        assertThatExceptionOfType(ChatTemplateException.class)
                .isThrownBy(() -> template.render(begun, PromptEnd.INSIDE_LAST_MESSAGE))
                .withMessageContaining("cannot continue the last message");
    }

    @Test
    void extraFieldsReachTheTemplate() {
        ChatMessage call = new ChatMessage("assistant", null, Map.of("tool_calls", List.of(Map.of("id", 7))));
        assertThat(parse("{{ messages[0] | tojson }} {{ messages[0].content is none }}", "")
                        .render(List.of(call))
                        .text())
                .isEqualTo("{\"role\": \"assistant\", \"content\": null, \"tool_calls\": [{\"id\": 7}]} True");
    }

    @Test
    void unparsableTemplateNamesItsLine() {
        assertThatExceptionOfType(ChatTemplateException.class)
                .isThrownBy(() -> parse("\n\n{% for %}", ""))
                .withMessageContaining("line 3")
                .satisfies(e -> assertThat(e.kind()).isEqualTo(ChatTemplateException.Kind.FAILED));
    }

    @Test
    void failingTemplateNamesItsLine() {
        ChatTemplate template = parse("half\n{{ messages[0].content.missing.x }}", "");
        assertThatExceptionOfType(ChatTemplateException.class)
                .isThrownBy(() -> template.render(HI))
                .withMessageContaining("failed in line 2: str has no attribute 'missing'")
                .satisfies(e -> assertThat(e.kind()).isEqualTo(ChatTemplateException.Kind.FAILED));
    }

    @Test
    void endlessTemplateIsStopped() {
        String endless = "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}"
                + "{% endfor %}{% endfor %}{% endfor %}";
        ChatTemplate template = ChatTemplate.parse(
                endless, Optional.empty(), Optional.empty(), config(Duration.ofMillis(100), 1 << 20), CLOCK);
        for (int i = 0; i < 5; i++) {
            assertThatExceptionOfType(ChatTemplateException.class)
                    .isThrownBy(() -> template.render(HI))
                    .withMessageContaining("100 ms")
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(ChatTemplateException.Kind.FAILED));
        }
    }

    @Test
    void tooLongPromptIsRefused() {
        ChatTemplate template = ChatTemplate.parse(
                "{{ messages[0].content }}",
                Optional.empty(),
                Optional.empty(),
                config(Duration.ofMinutes(1), 100),
                CLOCK);
        assertThat(template.render(List.of(new ChatMessage("user", "x".repeat(100))))
                        .text())
                .hasSize(100);
        assertThatExceptionOfType(ChatTemplateException.class)
                .isThrownBy(() -> template.render(List.of(new ChatMessage("user", "x".repeat(101)))))
                .withMessageContaining("more than 100 characters");
    }

    @Test
    void manyThreadsMayRenderAtOnce() {
        ChatTemplate template = parse(RecordedPrompts.read("everything"));
        List<ChatMessage> messages = RecordedPrompts.conversations().get("several turns");
        String expected = template.render(messages).text();
        Map<String, Integer> seen = new ConcurrentHashMap<>();
        IntStream.range(0, 200)
                .parallel()
                .forEach(i -> seen.merge(template.render(messages).text(), 1, Integer::sum));
        assertThat(seen).containsExactly(Map.entry(expected, 200));
    }

    private static ChatTemplate parse(JsonNode recorded) {
        return ChatTemplate.parse(
                recorded.get("template").asText(),
                Optional.of(recorded.get("bos_token").asText()),
                Optional.of(recorded.get("eos_token").asText()),
                config(Duration.ofMinutes(1), 1 << 20),
                CLOCK);
    }

    private static ChatTemplate parse(String template, String bosToken) {
        return ChatTemplate.parse(
                template, Optional.of(bosToken), Optional.empty(), config(Duration.ofMinutes(1), 1 << 20), CLOCK);
    }

    private static TemplateConfig config(Duration timeout, int maxOutput) {
        return new FixedTemplateConfig(timeout, maxOutput, 2);
    }
}
