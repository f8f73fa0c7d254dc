package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import io.quern.generation.FinishReason;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationEvent.Finished;
import io.quern.generation.GenerationEvent.Token;
import io.quern.generation.Usage;
import io.quern.tools.AnswerFormat;
import io.quern.tools.CallFormat;
import io.quern.tools.ReasoningFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that OpenAI's own client understands calls and reasoning. */
@Timeout(180)
class OpenAiToolsClientTest {
    private static final GenerationEvent[] ANSWER = {
        new Token("<think>We", 1),
        new Token("ll.</think>\n<tool_", 1),
        new Token("call>\n{\"name\": \"get_weather\", \"argu", 1),
        new Token("ments\": {\"city\": \"Ro", 1),
        new Token("me\"}}\n</tool_call>", 1),
        new Finished(FinishReason.STOP, new Usage(3, 5))
    };

    private final ExchangeServer server = new ExchangeServer();
    private final ScriptedStream stream = new ScriptedStream();
    private final OpenAIClient client = OpenAIOkHttpClient.builder()
            .baseUrl(server.uri("/v1").toString())
            .apiKey("none")
            .maxRetries(0)
            .build();

    @BeforeEach
    void answerInAFormat() {
        server.chats = Readers.chats(
                new Readers.PlainTemplates(new AnswerFormat(CallFormat.HERMES, ReasoningFormat.THINK, false)));
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void callIsUnderstoodAndSentBack() {
        play(ANSWER);
        ChatCompletion.Choice choice =
                client.chat().completions().create(chat()).choices().getFirst();
        assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
        assertCall(choice.message());
        assertThat(choice.message()._additionalProperties().get("reasoning_content"))
                .isEqualTo(JsonValue.from("Well."));

        // the conversation with the call and its result is accepted
        String id = call(choice.message()).id();
        ChatCompletionCreateParams next = chat().toBuilder()
                .addMessage(choice.message())
                .addMessage(ChatCompletionToolMessageParam.builder()
                        .toolCallId(id)
                        .content("sunny")
                        .build())
                .build();
        ScriptedStream second = new ScriptedStream();
        server.answer(second::accept);
        second.submitted.thenRun(() -> {
            second.say(new Token("Sunny.", 1), new Finished(FinishReason.STOP, new Usage(3, 1)));
            second.end();
        });
        assertThat(client.chat()
                        .completions()
                        .create(next)
                        .choices()
                        .getFirst()
                        .message()
                        .content())
                .contains("Sunny.");
    }

    @Test
    void callIsStreamedInDeltas() {
        play(ANSWER);
        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> answer =
                client.chat().completions().createStreaming(chat())) {
            List<ChatCompletionChunk> chunks =
                    answer.stream().peek(whole::accumulate).toList();
            assertThat(chunks.stream()
                            .flatMap(chunk -> chunk.choices().getFirst().delta().toolCalls().stream())
                            .flatMap(List::stream)
                            .flatMap(call -> call.function().orElseThrow().arguments().stream()))
                    .containsExactly("", "{\"city\": \"Ro", "me\"}");
        }
        ChatCompletion.Choice choice = whole.chatCompletion().choices().getFirst();
        assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
        assertCall(choice.message());
    }

    private static ChatCompletionMessageFunctionToolCall call(ChatCompletionMessage message) {
        return message.toolCalls().orElseThrow().getFirst().asFunction();
    }

    private static void assertCall(ChatCompletionMessage message) {
        assertThat(message.toolCalls().orElseThrow()).hasSize(1);
        assertThat(call(message).function().name()).isEqualTo("get_weather");
        assertThat(call(message).function().arguments()).isEqualTo("{\"city\": \"Rome\"}");
    }

    private void play(GenerationEvent... batch) {
        server.answer(stream::accept);
        stream.submitted.thenRun(() -> {
            for (GenerationEvent event : batch) {
                stream.say(event);
            }
            stream.end();
        });
    }

    private static ChatCompletionCreateParams chat() {
        return ChatCompletionCreateParams.builder()
                .model(Readers.MODEL)
                .addUserMessage("How is the weather in Rome?")
                .addTool(ChatCompletionFunctionTool.builder()
                        .function(FunctionDefinition.builder()
                                .name("get_weather")
                                .parameters(FunctionParameters.builder()
                                        .putAdditionalProperty("type", JsonValue.from("object"))
                                        .putAdditionalProperty(
                                                "properties", JsonValue.from(Map.of("city", Map.of("type", "string"))))
                                        .build())
                                .build())
                        .build())
                .build();
    }
}
