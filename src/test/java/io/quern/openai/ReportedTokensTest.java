package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.generation.FinishReason;
import io.quern.generation.GenerationEvent.Finished;
import io.quern.generation.GenerationEvent.PromptLogprobs;
import io.quern.generation.GenerationEvent.Token;
import io.quern.generation.StopReason;
import io.quern.generation.TokenLogprob;
import io.quern.generation.Usage;
import io.quern.tools.AnswerFormat;
import io.quern.tools.CallFormat;
import io.quern.tools.ReasoningFormat;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests log probabilities and echoed prompts over real connections; the test plays only admission's part. */
@Timeout(60)
class ReportedTokensTest extends ScriptedChoices {
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
    void chatHasTheProbabilitiesOfItsPromptOnce() throws Exception {
        server.answer(this::accept);
        CompletableFuture<HttpResponse<String>> answer = post(CHATS, "{\"prompt_logprobs\":1,\"n\":2," + CHAT + "}");
        submitted(2);
        assertThat(streams.get(0).submitted.join().request().reports().promptLogprobs())
                .hasValue(1);
        assertThat(streams.get(1).submitted.join().request().reports().promptLogprobs())
                .as("the first choice reports for all")
                .isEmpty();
        TokenLogprob second =
                new TokenLogprob(7, "b\"".getBytes(StandardCharsets.UTF_8), -1.5f, List.of(logprob(8, "c", -0.5f)), 4);
        TokenLogprob third =
                new TokenLogprob(8, "c".getBytes(StandardCharsets.UTF_8), -0.5f, List.of(logprob(8, "c", -0.5f)), 1);
        say(1, new Token("B", 1), finished());
        say(
                0,
                new PromptLogprobs(List.of(logprob(6, "a", Float.NaN), second)),
                new PromptLogprobs(List.of(third)),
                new Token("A", 1),
                finished());
        JsonObject whole = new JsonObject(answer.get().body());
        assertThat(whole.getJsonArray("prompt_logprobs"))
                .isEqualTo(new JsonArray("[null,{\"7\":{\"logprob\":-1.5,\"rank\":4,\"decoded_token\":\"b\\\"\"},"
                        + "\"8\":{\"logprob\":-0.5,\"rank\":1,\"decoded_token\":\"c\"}},"
                        + "{\"8\":{\"logprob\":-0.5,\"rank\":1,\"decoded_token\":\"c\"}}]"));
        assertThat(whole.getJsonArray("choices").getJsonObject(0).fieldNames()).doesNotContain("prompt_logprobs");
    }

    @Test
    void eachCompletionHasTheProbabilitiesOfItsPrompt() throws Exception {
        server.answer(this::accept);
        CompletableFuture<HttpResponse<String>> answer = post(
                COMPLETIONS,
                "{\"prompt\":\"ab\",\"prompt_logprobs\":0,\"n\":2,\"echo\":true,\"logprobs\":1,\"max_tokens\":0}");
        submitted(2);
        List<TokenLogprob> prompt = List.of(
                logprob(6, "a", Float.NaN),
                new TokenLogprob(7, "b".getBytes(StandardCharsets.UTF_8), -2, List.of(logprob(8, "c", -1)), 3));
        for (int i = 0; i < 2; i++) {
            say(i, new PromptLogprobs(prompt), new Token(" unwanted", 1), finished(FinishReason.LENGTH, 1));
        }
        JsonObject whole = new JsonObject(answer.get().body());
        for (int i = 0; i < 2; i++) {
            JsonObject choice = whole.getJsonArray("choices").getJsonObject(i);
            assertThat(choice.getJsonArray("prompt_logprobs"))
                    .as("none of the most likely tokens, which only the echo shows")
                    .isEqualTo(new JsonArray("[null,{\"7\":{\"logprob\":-2.0,\"rank\":3,\"decoded_token\":\"b\"}}]"));
            assertThat(choice.getJsonObject("logprobs").getJsonArray("top_logprobs"))
                    .isEqualTo(new JsonArray("[null,{\"c\":-1.0,\"b\":-2.0}]"));
        }
    }

    @Test
    void tooManyProbabilitiesOfAPromptAreRefused() throws Exception {
        server.answer(this::accept);
        // the scripted prompt has 3 tokens
        CompletableFuture<HttpResponse<String>> answer = post(CHATS, "{\"prompt_logprobs\":20," + CHAT + "}");
        submitted(1);
        assertThat(answer.get().statusCode()).isEqualTo(400);
        assertThat(answer.get().body()).contains("quern.openai.max-prompt-logprobs", "\"param\":\"prompt_logprobs\"");
        await().untilAsserted(() -> assertThat(streams.get(0).cancelled).isDone());
    }

    @Test
    void probabilitiesOfAllChoicesCountTogether() throws Exception {
        server.answer(this::accept);
        // 3 tokens with 6 each are few enough for one choice, but not for three
        String prompt = "{\"prompt\":\"abc\",\"prompt_logprobs\":5";
        CompletableFuture<HttpResponse<String>> one = post(COMPLETIONS, prompt + "}");
        submitted(1);
        say(0, new PromptLogprobs(List.of(logprob(6, "a", Float.NaN))), new Token("A", 1), finished());
        assertThat(one.get().statusCode()).isEqualTo(200);

        CompletableFuture<HttpResponse<String>> three = post(COMPLETIONS, prompt + ",\"n\":3}");
        assertThat(three.get().statusCode()).isEqualTo(400);
        assertThat(three.get().body()).contains("quern.openai.max-prompt-logprobs", "\"param\":\"prompt_logprobs\"");
        await().untilAsserted(() -> assertThat(streams.get(1).cancelled).isDone());
    }

    @Test
    void usageCountsTheTokensOfReasoning() throws Exception {
        server.chats = Readers.chats(
                new Readers.PlainTemplates(new AnswerFormat(CallFormat.NONE, ReasoningFormat.THINK, false)));
        server.answer(this::accept);
        Token merged = new Token("<think>Well, well.</think>Yes.", 6, List.of(), List.of(7, 5, 6, 8, 3, 1));
        for (boolean stream : List.of(false, true)) {
            int before = submissions.get();
            CompletableFuture<HttpResponse<String>> answer = post(
                    CHATS,
                    "{" + CHAT + (stream ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}" : "}"));
            submitted(before + 1);
            assertThat(streams.get(before).submitted.join().request().reports().lengths())
                    .isTrue();
            say(before, merged, finished(FinishReason.STOP, 6));
            String body = answer.get().body();
            assertThat(body)
                    .contains("\"completion_tokens\":6,\"total_tokens\":9,"
                            + "\"completion_tokens_details\":{\"reasoning_tokens\":2}");
        }
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
}
