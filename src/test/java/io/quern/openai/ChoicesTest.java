package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent.Failed;
import io.quern.generation.GenerationEvent.Token;
import io.quern.generation.GenerationException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests answers with several choices over real connections; the test plays only admission's part. */
@Timeout(60)
class ChoicesTest extends ScriptedChoices {
    @Test
    void choicesOfAWholeAnswerAreInOrder() throws Exception {
        server.answer(this::accept);
        CompletableFuture<HttpResponse<String>> answer = post(CHATS, "{\"n\":2," + CHAT + "}");
        submitted(2);
        say(1, new Token("second", 2), finished(FinishReason.LENGTH, 2));
        say(0, new Token("first", 1), finished(FinishReason.STOP, 5));

        JsonObject whole = new JsonObject(answer.get().body());
        JsonArray choices = whole.getJsonArray("choices");
        assertThat(choices).hasSize(2);
        assertThat(choices.getJsonObject(0).getInteger("index")).isZero();
        assertThat(content(choices, 0)).isEqualTo("first");
        assertThat(choices.getJsonObject(1).getInteger("index")).isEqualTo(1);
        assertThat(content(choices, 1)).isEqualTo("second");
        assertThat(choices.getJsonObject(1).getString("finish_reason")).isEqualTo("length");
        assertThat(whole.getJsonObject("usage"))
                .as("the prompt counts once")
                .isEqualTo(new JsonObject("{\"prompt_tokens\":3,\"completion_tokens\":7,\"total_tokens\":10}"));
    }

    @Test
    void chunksOfChoicesInterleave() throws Exception {
        server.answer(this::accept);
        CompletableFuture<HttpResponse<String>> answer =
                post(CHATS, "{\"n\":2,\"stream\":true,\"stream_options\":{\"include_usage\":true}," + CHAT + "}");
        submitted(2);
        say(0, new Token("a", 1));
        await().until(() -> streams.get(0).demanded.get() > 1);
        say(1, new Token("b", 1));
        await().until(() -> streams.get(1).demanded.get() > 1);
        say(0, new Token("c", 1), finished(FinishReason.STOP, 2));
        say(1, finished(FinishReason.LENGTH, 1));

        List<String> events = events(answer);
        assertThat(events.getLast()).isEqualTo("[DONE]");
        List<JsonObject> chunks = chunks(events);
        assertThat(chunks.getLast().getJsonObject("usage").getInteger("total_tokens"))
                .isEqualTo(6);
        List<JsonObject> choices = chunks.stream()
                .filter(chunk -> !chunk.getJsonArray("choices").isEmpty())
                .map(chunk -> chunk.getJsonArray("choices").getJsonObject(0))
                .toList();
        assertThat(text(choices, 0)).isEqualTo("ac");
        assertThat(text(choices, 1)).isEqualTo("b");
        assertThat(choices.stream()
                        .filter(choice -> choice.getString("finish_reason") != null)
                        .map(choice -> choice.getInteger("index") + " " + choice.getString("finish_reason")))
                .containsExactlyInAnyOrder("0 stop", "1 length");
        assertThat(choices.stream()
                        .filter(choice ->
                                "assistant".equals(choice.getJsonObject("delta").getString("role")))
                        .map(choice -> choice.getInteger("index")))
                .containsExactlyInAnyOrder(0, 1);
        assertThat(chunks.stream().map(chunk -> chunk.getString("id")).distinct())
                .hasSize(1);
    }

    @Test
    void chunksContainTheUsageSoFarIfRequested() throws Exception {
        server.answer(this::accept);
        CompletableFuture<HttpResponse<String>> answer = post(
                CHATS,
                "{\"stream\":true,\"stream_options\":{\"include_usage\":true,\"continuous_usage_stats\":true}," + CHAT
                        + "}");
        submitted(1);
        say(0, new Token("a", 1), new Token("b", 2), finished(FinishReason.STOP, 4));
        assertThat(chunks(events(answer)).stream()
                        .map(chunk -> chunk.getJsonObject("usage").getInteger("completion_tokens")))
                .containsExactly(0, 1, 3, 3, 4);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void refusalOfOneChoiceRefusesTheRequestAndFreesTheOthers(boolean stream) throws Exception {
        server.answer(submission -> switch (submissions.get()) {
            case 0 -> accept(submission);
            case 1 -> streams.get(submissions.getAndIncrement()).queue(submission);
            default ->
                Uni.createFrom()
                        .failure(new GenerationException(
                                new GenerationError.Overloaded(Duration.ofSeconds(3), "the queue is full")));
        });
        HttpResponse<String> response =
                post(CHATS, "{\"n\":3,\"stream\":" + stream + "," + CHAT + "}").get();
        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(response.body()).contains("the queue is full");
        streams.get(1).cancelled.get(10, TimeUnit.SECONDS);
    }

    @Test
    void refusalCancelsChoicesThatWait() throws Exception {
        server.answer(submission -> streams.get(submissions.getAndIncrement()).queue(submission));
        CompletableFuture<HttpResponse<String>> answer = post(CHATS, "{\"n\":3," + CHAT + "}");
        submitted(3);
        streams.get(1).refuse(new GenerationError.QueueTimeout(Duration.ofSeconds(1), "no slot became free"));
        assertThat(answer.get().statusCode()).isEqualTo(503);
        streams.get(0).cancelled.get(10, TimeUnit.SECONDS);
        streams.get(2).cancelled.get(10, TimeUnit.SECONDS);
    }

    @Test
    void failureOfOneChoiceEndsTheStreamAndFreesTheOthers() throws Exception {
        server.answer(this::accept);
        CompletableFuture<HttpResponse<String>> answer = post(CHATS, "{\"n\":2,\"stream\":true," + CHAT + "}");
        submitted(2);
        say(0, new Token("a", 1));
        await().until(() -> streams.get(0).demanded.get() > 1);
        say(1, new Failed(new GenerationError.SlowReader("too slow")));
        String body = answer.get().body();
        assertThat(body).contains("\"content\":\"a\"").doesNotContain("[DONE]").contains("slow_reader");
        assertThat(body.split("\"error\"")).as("one error").hasSize(2);
        streams.get(0).cancelled.get(10, TimeUnit.SECONDS);
    }

    @Test
    void leavingClientCancelsAllChoices() throws Exception {
        server.answer(submission -> submissions.get() < 2
                ? accept(submission)
                : streams.get(submissions.getAndIncrement()).queue(submission));
        CompletableFuture<HttpResponse<String>> answer = post(CHATS, "{\"n\":3," + CHAT + "}");
        submitted(3);
        await().until(() -> streams.get(0).demanded.get() > 0);
        answer.cancel(true);
        for (ScriptedStream stream : streams) {
            stream.cancelled.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void bestOfReturnsTheMostLikelyAnswers() throws Exception {
        server.answer(this::accept);
        CompletableFuture<HttpResponse<String>> answer = post(COMPLETIONS, "{\"prompt\":\"a\",\"n\":2,\"best_of\":3}");
        submitted(3);
        say(0, new Token("worst", 2, List.of(logprob(1, "worst", -3), logprob(2, "", -1))), finished());
        say(1, new Token("good", 1, List.of(logprob(1, "good", -1))), finished());
        say(2, new Token("best", 2, List.of(logprob(1, "be", -0.5f), logprob(2, "st", -0.9f))), finished());
        JsonObject whole = new JsonObject(answer.get().body());
        JsonArray choices = whole.getJsonArray("choices");
        assertThat(choices).hasSize(2);
        assertThat(choices.getJsonObject(0).getString("text")).isEqualTo("best");
        assertThat(choices.getJsonObject(0).getInteger("index")).isZero();
        assertThat(choices.getJsonObject(1).getString("text")).isEqualTo("good");
        assertThat(choices.getJsonObject(1).getInteger("index")).isEqualTo(1);
        assertThat(choices.getJsonObject(0).getValue("logprobs"))
                .as("they were not asked for")
                .isNull();
        assertThat(whole.getJsonObject("usage").getInteger("completion_tokens"))
                .as("all that were generated")
                .isEqualTo(6);
    }

    @Test
    void eachPromptHasItsChoices() throws Exception {
        server.answer(this::accept);
        CompletableFuture<HttpResponse<String>> answer =
                post(COMPLETIONS, "{\"prompt\":[\"a\",\"b\",\"c\"],\"seed\":7}");
        submitted(3);
        for (int i = 0; i < 3; i++) {
            say(i, new Token("answer " + i, 1), finished());
        }
        JsonObject whole = new JsonObject(answer.get().body());
        assertThat(whole.getJsonArray("choices").stream().map(choice -> ((JsonObject) choice).getString("text")))
                .containsExactly("answer 0", "answer 1", "answer 2");
        assertThat(whole.getJsonObject("usage").getInteger("prompt_tokens"))
                .as("three prompts")
                .isEqualTo(9);
    }

    @Test
    void refusalNamesItsPrompt() throws Exception {
        server.answer(submission -> submissions.get() < 2
                ? accept(submission)
                : Uni.createFrom()
                        .failure(new GenerationException(new GenerationError.InvalidRequest(
                                "prompt[1]", "prompt[1] is token 9999, which is not in the vocabulary"))));
        JsonObject error = new JsonObject(post(COMPLETIONS, "{\"prompt\":[[1],[2],[3,9999]]}")
                        .get()
                        .body())
                .getJsonObject("error");
        assertThat(error.getString("param")).isEqualTo("prompt[2][1]");
        assertThat(error.getString("message")).isEqualTo("prompt[2][1] is token 9999, which is not in the vocabulary");

        submissions.set(0);
        server.answer(submission -> Uni.createFrom()
                .failure(new GenerationException(
                        new GenerationError.ContextLengthExceeded(300, 256, "The prompt has 300 tokens"))));
        assertThat(post(COMPLETIONS, "{\"prompt\":[\"a\",\"b\"]}").get().body())
                .contains("prompt[0]: The prompt has 300 tokens", "context_length_exceeded");
    }

    private static String content(JsonArray choices, int index) {
        return choices.getJsonObject(index).getJsonObject("message").getString("content");
    }

    private static String text(List<JsonObject> choices, int index) {
        StringBuilder text = new StringBuilder();
        choices.stream()
                .filter(choice -> choice.getInteger("index") == index)
                .forEach(choice -> text.append(choice.getJsonObject("delta").getString("content", "")));
        return text.toString();
    }
}
