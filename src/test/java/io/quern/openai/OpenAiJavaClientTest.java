package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.SseException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationEvent.Failed;
import io.quern.generation.GenerationEvent.Finished;
import io.quern.generation.GenerationEvent.Token;
import io.quern.generation.Usage;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that OpenAI's own client understands the answers. */
@Timeout(180)
class OpenAiJavaClientTest {
    private static final Finished STOPPED = new Finished(FinishReason.STOP, new Usage(3, 2));

    private final ExchangeServer server = new ExchangeServer();
    private final ScriptedStream stream = new ScriptedStream();
    private final OpenAIClient client = OpenAIOkHttpClient.builder()
            .baseUrl(server.uri("/v1").toString())
            .apiKey("none")
            .maxRetries(0)
            .build();

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void wholeAnswerIsUnderstood() {
        play(new Token("Hello 😀", 1), STOPPED);
        ChatCompletion answer = client.chat().completions().create(chat());
        assertThat(answer.choices().getFirst().message().content()).contains("Hello 😀");
        assertThat(answer.choices().getFirst().finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
        assertThat(answer.usage().orElseThrow().totalTokens()).isEqualTo(5);
    }

    @Test
    void streamIsUnderstood() {
        play(new Token("Hel", 1), new Token("lo", 1), STOPPED);
        ChatCompletionCreateParams params = chat().toBuilder()
                .streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (StreamResponse<ChatCompletionChunk> answer =
                client.chat().completions().createStreaming(params)) {
            List<ChatCompletionChunk> chunks = answer.stream().toList();
            assertThat(chunks.stream()
                            .flatMap(chunk -> chunk.choices().stream())
                            .flatMap(choice -> choice.delta().content().stream()))
                    .containsExactly("", "Hel", "lo");
            assertThat(chunks.getLast().usage().orElseThrow().completionTokens())
                    .isEqualTo(2);
        }
    }

    @Test
    void brokenStreamThrows() {
        play(new Token("Hel", 1), new Failed(new GenerationError.WorkerLost(0, "worker 0 was lost")));
        List<String> received = new ArrayList<>();
        try (StreamResponse<ChatCompletionChunk> answer =
                client.chat().completions().createStreaming(chat())) {
            assertThatThrownBy(() -> answer.stream()
                            .flatMap(chunk -> chunk.choices().stream())
                            .forEach(choice -> choice.delta().content().ifPresent(received::add)))
                    .isInstanceOf(SseException.class)
                    .hasMessageContaining("worker 0 was lost");
        }
        assertThat(received).containsExactly("", "Hel");
    }

    @Test
    void refusalThrows() {
        ChatCompletionCreateParams hot = chat().toBuilder().temperature(-1).build();
        assertThatThrownBy(() -> client.chat().completions().create(hot))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("temperature must be between 0 and 2, but is -1");
    }

    private void play(GenerationEvent... batch) {
        server.answer(stream::accept);
        stream.submitted.thenRun(() -> {
            stream.say(batch);
            stream.end();
        });
    }

    private static ChatCompletionCreateParams chat() {
        return ChatCompletionCreateParams.builder()
                .model(Readers.MODEL)
                .addUserMessage("hi")
                .build();
    }
}
