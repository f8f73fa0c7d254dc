package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.admission.Generation;
import io.quern.admission.Submission;
import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent.Failed;
import io.quern.generation.GenerationEvent.Finished;
import io.quern.generation.GenerationEvent.PromptLogprobs;
import io.quern.generation.GenerationEvent.Token;
import io.quern.generation.GenerationException;
import io.quern.generation.StopReason;
import io.quern.generation.TokenLogprob;
import io.quern.generation.Usage;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests answers with several choices over real connections; the test plays only admission's part. */
@Timeout(60)
class ChoicesTest {
    private static final String CHATS = "/v1/chat/completions";
    private static final String COMPLETIONS = "/completion";
    private static final String CHAT = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    private final ExchangeServer server = new ExchangeServer();
    private final List<ScriptedStream> streams =
            List.of(new ScriptedStream(), new ScriptedStream(), new ScriptedStream());
    private final AtomicInteger submissions = new AtomicInteger();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        client.shutdownNow(); // close would wait for answers that never arrive
        server.close();
    }

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

    @Test
    void refusalOfOneChoiceRefusesTheRequestAndFreesTheOthers() throws Exception {
        server.answer(submission -> submissions.get() < 2
                ? accept(submission)
                : Uni.createFrom()
                        .failure(new GenerationException(
                                new GenerationError.Overloaded(Duration.ofSeconds(3), "the queue is full"))));
        for (String stream : List.of("false", "true")) {
            submissions.set(0);
            HttpResponse<String> response = post(CHATS, "{\"n\":3,\"stream\":" + stream + "," + CHAT + "}")
                    .get();
            assertThat(response.statusCode()).isEqualTo(429);
            assertThat(response.body()).contains("the queue is full");
        }
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
    void chatTokensHaveTheirProbabilities() throws Exception {
        server.answer(this::accept);
        CompletableFuture<HttpResponse<String>> answer =
                post(CHATS, "{\"logprobs\":true,\"top_logprobs\":2," + CHAT + "}");
        submitted(1);
        assertThat(streams.getFirst().submitted.join().request().reports().logprobs())
                .hasValue(2);
        TokenLogprob chosen = new TokenLogprob(
                7, "é".getBytes(StandardCharsets.UTF_8), -1.5f, List.of(logprob(8, "e", -1), logprob(7, "é", -1.5f)));
        TokenLogprob half = new TokenLogprob(9, new byte[] {(byte) 0xc3}, Float.NEGATIVE_INFINITY, List.of());
        say(0, new Token("é", 2, List.of(chosen, half)), finished());
        JsonObject logprobs = new JsonObject(answer.get().body())
                .getJsonArray("choices")
                .getJsonObject(0)
                .getJsonObject("logprobs");
        assertThat(logprobs)
                .isEqualTo(new JsonObject("{\"content\":[{\"token\":\"é\",\"logprob\":-1.5,\"bytes\":[195,169],"
                        + "\"top_logprobs\":[{\"token\":\"e\",\"logprob\":-1.0,\"bytes\":[101]},"
                        + "{\"token\":\"é\",\"logprob\":-1.5,\"bytes\":[195,169]}]},"
                        + "{\"token\":\"\ufffd\",\"logprob\":-9999.0,\"bytes\":[195],\"top_logprobs\":[]}],"
                        + "\"refusal\":null}"));
    }

    @Test
    void completionTokensHaveOffsets() throws Exception {
        server.answer(this::accept);
        CompletableFuture<HttpResponse<String>> answer =
                post(COMPLETIONS, "{\"prompt\":\"a\",\"logprobs\":1,\"stream\":true}");
        submitted(1);
        TokenLogprob first =
                new TokenLogprob(1, "xy".getBytes(StandardCharsets.UTF_8), -1, List.of(logprob(2, "q", 0)));
        TokenLogprob half = new TokenLogprob(3, new byte[] {(byte) 0xc3}, -2, List.of());
        TokenLogprob rest = new TokenLogprob(4, new byte[] {(byte) 0xa9}, -3, List.of());
        say(0, new Token("xy", 1, List.of(first)));
        await().until(() -> streams.get(0).demanded.get() > 1);
        say(0, new Token("", 1, List.of(half)));
        await().until(() -> streams.get(0).demanded.get() > 2);
        say(0, new Token("é", 1, List.of(rest)));
        await().until(() -> streams.get(0).demanded.get() > 3);
        say(
                0,
                new Token("", 1, List.of(logprob(5, "!", -4))),
                new Finished(FinishReason.STOP, new Usage(3, 4), new StopReason.Text("!")));

        List<JsonObject> choices = chunks(events(answer)).stream()
                .map(chunk -> chunk.getJsonArray("choices").getJsonObject(0))
                .toList();
        assertThat(choices).hasSize(3);
        assertThat(choices.get(0).getJsonObject("logprobs"))
                .isEqualTo(new JsonObject("{\"text_offset\":[0],\"token_logprobs\":[-1.0],\"tokens\":[\"xy\"],"
                        + "\"top_logprobs\":[{\"q\":0.0,\"xy\":-1.0}]}"));
        assertThat(choices.get(1).getJsonObject("logprobs"))
                .as("both tokens of one character")
                .isEqualTo(new JsonObject("{\"text_offset\":[2,2],\"token_logprobs\":[-2.0,-3.0],"
                        + "\"tokens\":[\"bytes:\\\\xc3\",\"bytes:\\\\xa9\"],"
                        + "\"top_logprobs\":[{\"bytes:\\\\xc3\":-2.0},{\"bytes:\\\\xa9\":-3.0}]}"));
        assertThat(choices.get(2).getJsonObject("logprobs").getJsonArray("text_offset"))
                .as("of a stop string, which is not part of the text")
                .containsExactly(3);
        assertThat(choices.get(2).getString("stop_reason")).isEqualTo("!");
    }

    @Test
    void echoComesBeforeTheAnswer() throws Exception {
        server.answer(this::accept);
        CompletableFuture<HttpResponse<String>> whole = post(COMPLETIONS, "{\"prompt\":\"Once \",\"echo\":true}");
        submitted(1);
        assertThat(streams.get(0).submitted.join().request().reports().promptLogprobs())
                .isEmpty();
        say(0, new Token("upon", 1), finished());
        assertThat(new JsonObject(whole.get().body())
                        .getJsonArray("choices")
                        .getJsonObject(0)
                        .getString("text"))
                .isEqualTo("Once upon");

        CompletableFuture<HttpResponse<String>> streamed =
                post(COMPLETIONS, "{\"prompt\":\"Once \",\"echo\":true,\"stream\":true}");
        submitted(2);
        say(1, new Token("upon", 1), finished());
        assertThat(chunks(events(streamed)).stream()
                        .map(chunk ->
                                chunk.getJsonArray("choices").getJsonObject(0).getString("text")))
                .containsExactly("Once ", "upon", "");
    }

    @Test
    void echoOfTokensIsTheWorkersText() throws Exception {
        server.answer(this::accept);
        CompletableFuture<HttpResponse<String>> answer =
                post(COMPLETIONS, "{\"prompt\":[5,6],\"echo\":true,\"logprobs\":0,\"max_tokens\":0}");
        submitted(1);
        assertThat(streams.get(0).submitted.join().request().reports().promptLogprobs())
                .hasValue(0);
        assertThat(streams.get(0).submitted.join().request().ending().maxTokens())
                .isEqualTo(1);
        say(
                0,
                new PromptLogprobs(List.of(logprob(5, "On", Float.NaN), logprob(6, "ce", -1))),
                new Token(" unwanted", 1, List.of(logprob(9, " unwanted", -1))),
                finished(FinishReason.LENGTH, 1));
        JsonObject whole = new JsonObject(answer.get().body());
        JsonObject choice = whole.getJsonArray("choices").getJsonObject(0);
        assertThat(choice.getString("text")).isEqualTo("Once");
        assertThat(choice.getString("finish_reason")).isEqualTo("length");
        assertThat(choice.getJsonObject("logprobs"))
                .isEqualTo(new JsonObject("{\"text_offset\":[0,2],\"token_logprobs\":[null,-1.0],"
                        + "\"tokens\":[\"On\",\"ce\"],\"top_logprobs\":[null,{\"ce\":-1.0}]}"));
        assertThat(whole.getJsonObject("usage").getInteger("completion_tokens")).isZero();
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

    private Uni<Generation> accept(Submission submission) {
        return streams.get(submissions.getAndIncrement()).accept(submission);
    }

    private void submitted(int number) throws Exception {
        for (int i = 0; i < number; i++) {
            streams.get(i).submitted.get(30, TimeUnit.SECONDS);
        }
    }

    private void say(int stream, io.quern.generation.GenerationEvent... events) {
        streams.get(stream).say(events);
        if (events[events.length - 1] instanceof Finished || events[events.length - 1] instanceof Failed) {
            streams.get(stream).end();
        }
    }

    private static Finished finished() {
        return finished(FinishReason.STOP, 2);
    }

    private static Finished finished(FinishReason reason, int tokens) {
        return new Finished(reason, new Usage(3, tokens));
    }

    private static TokenLogprob logprob(int token, String text, float logprob) {
        return new TokenLogprob(token, text.getBytes(StandardCharsets.UTF_8), logprob, List.of());
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

    private static List<String> events(CompletableFuture<HttpResponse<String>> answer) throws Exception {
        return Stream.of(answer.get().body().split("\n\n"))
                .map(event -> event.substring("data: ".length()))
                .toList();
    }

    private static List<JsonObject> chunks(List<String> events) {
        return events.stream()
                .filter(event -> !event.equals("[DONE]"))
                .map(JsonObject::new)
                .toList();
    }

    private CompletableFuture<HttpResponse<String>> post(String path, String body) {
        return client.sendAsync(
                HttpRequest.newBuilder(server.uri(path))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
