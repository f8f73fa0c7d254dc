package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.generation.Usage;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChunkTemplateTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);
    private static final Completion CHAT = new Completion(Shape.CHAT, "chatcmpl-1", NOW, "de\"mo");
    private static final Completion TEXT = new Completion(Shape.COMPLETION, "cmpl-1", NOW, "demo");

    @Test
    void chatOpensWithItsRole() {
        assertThat(new ChunkTemplate(CHAT, false).choice(0).appendOpening(Buffer.buffer()))
                .hasToString("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
                        + "\"model\":\"de\\\"mo\",\"choices\":[{\"index\":0,"
                        + "\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
                        + "\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    }

    @Test
    void completionOpensWithoutChunk() {
        assertThat(new ChunkTemplate(TEXT, false).choice(0).appendOpening(Buffer.buffer()))
                .hasToString("");
    }

    @Test
    void deltaWithAnyTextIsOneEvent() {
        String nasty = "data: [DONE]\n\n\"}\u2028😀\r";
        String event = new ChunkTemplate(CHAT, true)
                .choice(0)
                .append(Buffer.buffer(), new Part.Content(nasty))
                .toString();
        assertThat(event.lines()).hasSize(2);
        assertThat(event).endsWith("}\n\n");
        JsonObject chunk = json(event);
        assertThat(chunk.getJsonArray("choices")
                        .getJsonObject(0)
                        .getJsonObject("delta")
                        .getString("content"))
                .isEqualTo(nasty);
        assertThat(chunk.containsKey("usage")).isTrue();
        assertThat(chunk.getValue("usage")).isNull();
    }

    @Test
    void deltaOfCompletionHasItsFormat() {
        String event = new ChunkTemplate(TEXT, false)
                .choice(0)
                .append(Buffer.buffer(), new Part.Content("hi"))
                .toString();
        assertThat(event)
                .isEqualTo("data: {\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"created\":1700000000,"
                        + "\"model\":\"demo\",\"choices\":[{\"index\":0,\"text\":\"hi\","
                        + "\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    }

    @Test
    void endIsReasonUsageAndDone() {
        String[] events = end(CHAT, true, ChoiceFinish.LENGTH, new Usage(3, 4)).split("\n\n");
        assertThat(events).hasSize(3);
        JsonObject last = json(events[0]).getJsonArray("choices").getJsonObject(0);
        assertThat(last.getString("finish_reason")).isEqualTo("length");
        assertThat(last.getJsonObject("delta")).isEqualTo(new JsonObject());
        assertThat(json(events[1]).getJsonArray("choices")).isEmpty();
        assertThat(json(events[1]).getJsonObject("usage"))
                .isEqualTo(new JsonObject("{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}"));
        assertThat(events[2]).isEqualTo("data: [DONE]");
    }

    @Test
    void usageIsAbsentUnlessRequested() {
        String end = end(TEXT, false, ChoiceFinish.STOP, new Usage(3, 4));
        assertThat(end)
                .doesNotContain("usage")
                .contains("\"finish_reason\":\"stop\"")
                .endsWith("data: [DONE]\n\n");
        assertThat(end.split("\n\n")).hasSize(2);
    }

    @Test
    void errorIsSeparateEventWithoutDone() {
        String event = ChunkTemplate.appendError(
                        Buffer.buffer(), ApiError.of(500, "server_error", "worker_lost", "gone"))
                .toString();
        assertThat(json(event).getJsonObject("error").getString("code")).isEqualTo("worker_lost");
        assertThat(event).endsWith("}\n\n").doesNotContain("[DONE]");
    }

    @Test
    void wholeChatIsOneObject() {
        JsonObject whole = new JsonObject(CHAT.whole(List.of(plain("a \"b\"", ChoiceFinish.STOP)), new Usage(1, 2)));
        assertThat(whole.getString("object")).isEqualTo("chat.completion");
        assertThat(whole.getJsonArray("choices").getJsonObject(0).getJsonObject("message"))
                .isEqualTo(new JsonObject()
                        .put("role", "assistant")
                        .put("content", "a \"b\"")
                        .putNull("refusal"));
        assertThat(whole.getJsonObject("usage").getInteger("total_tokens")).isEqualTo(3);
    }

    @Test
    void wholeCompletionIsOneObject() {
        JsonObject whole = new JsonObject(TEXT.whole(List.of(plain("\ud83d", ChoiceFinish.LENGTH)), new Usage(1, 2)));
        assertThat(whole.getString("object")).isEqualTo("text_completion");
        JsonObject choice = whole.getJsonArray("choices").getJsonObject(0);
        assertThat(choice.getString("text")).isEqualTo("\ufffd");
        assertThat(choice.getString("finish_reason")).isEqualTo("length");
    }

    @Test
    void partsOfAChatHaveTheirDeltas() {
        ChoiceChunks chunks = new ChunkTemplate(CHAT, false).choice(2);
        JsonObject thought = choice(chunks.append(Buffer.buffer(), new Part.Reasoning("hm \"")));
        assertThat(thought.getInteger("index")).isEqualTo(2);
        assertThat(thought.getJsonObject("delta")).isEqualTo(new JsonObject().put("reasoning_content", "hm \""));
        assertThat(choice(chunks.append(Buffer.buffer(), new Part.ToolCallStart(1, "call_1", "find")))
                        .getJsonObject("delta"))
                .isEqualTo(new JsonObject("{\"tool_calls\":[{\"index\":1,\"id\":\"call_1\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"find\",\"arguments\":\"\"}}]}"));
        assertThat(choice(chunks.append(Buffer.buffer(), new Part.ToolCallArguments(1, "{\"a\":")))
                        .getJsonObject("delta"))
                .isEqualTo(new JsonObject(
                        "{\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"{\\\"a\\\":\"}}]}"));
        assertThat(choice(chunks.appendFinish(Buffer.buffer(), end(ChoiceFinish.TOOL_CALLS), List.of()))
                        .getString("finish_reason"))
                .isEqualTo("tool_calls");
    }

    @Test
    void wholeMessageHasReasoningAndToolCalls() {
        Choice choice =
                new Choice(0, "", "I think", List.of(new ToolCall("call_1", "find", "{}")), ChoiceFinish.TOOL_CALLS);
        assertThat(new JsonObject(CHAT.whole(List.of(choice), new Usage(1, 2)))
                        .getJsonArray("choices")
                        .getJsonObject(0)
                        .getJsonObject("message"))
                .isEqualTo(new JsonObject("{\"role\":\"assistant\",\"content\":null,\"refusal\":null,"
                        + "\"reasoning_content\":\"I think\",\"tool_calls\":[{\"id\":\"call_1\","
                        + "\"type\":\"function\",\"function\":{\"name\":\"find\",\"arguments\":\"{}\"}}]}"));
    }

    private static Choice.ChoiceEnd end(ChoiceFinish finish) {
        return new Choice.ChoiceEnd(finish, null);
    }

    private static Choice plain(String text, ChoiceFinish finish) {
        return new Choice(0, text, "", List.of(), finish);
    }

    private static String end(Completion completion, boolean includeUsage, ChoiceFinish finish, Usage usage) {
        ChunkTemplate chunks = new ChunkTemplate(completion, includeUsage);
        return chunks.appendEnd(chunks.choice(0).appendFinish(Buffer.buffer(), end(finish), List.of()), usage)
                .toString();
    }

    private static JsonObject choice(Buffer event) {
        return json(event.toString()).getJsonArray("choices").getJsonObject(0);
    }

    private static JsonObject json(String event) {
        assertThat(event).startsWith("data: ");
        return new JsonObject(event.substring("data: ".length()).strip());
    }
}
