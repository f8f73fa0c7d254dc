package io.quern.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.bench.Service;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Kills a random one of two workers with SIGKILL under greedy and sampled streams whose answers do not depend on the
 * model alone: a grammar, biases, penalties, log probabilities, several choices, calls of tools, reasoning.
 */
record KillWorkerUnderRules() implements Fault {
    private static final int TOKENS = 120;

    /** Slots of a worker: as many as all streams need, with three for each request for three choices. */
    private static final int SLOTS = 24;

    /**
     * One element for each kind of request without reasoning. An answer under a grammar ends before its tokens are used
     * up.
     */
    private static final List<String> RULES = List.of("""
             {"guided_grammar": "root ::= \\"{ \\" pair (\\", \\" pair){9} \\" }\\"\\npair ::= \\"\\\\\\"\\" [a-z]{1,8} \\"\\\\\\": \\" [0-9]{1,4}",
              "reasoning_format": "none", "ignore_eos": false, "logprobs": true, "top_logprobs": 2}\
             """, """
             {"reasoning_format": "none", "logprobs": true, "top_logprobs": 5}\
             """, """
             {"logit_bias": {"100": 3, "200": -5}, "bad_words": ["worker"], "frequency_penalty": 0.5,
              "repetition_penalty": 1.1, "min_tokens": 40, "reasoning_format": "none", "ignore_eos": false}\
             """, """
             {"reasoning_format": "none", "n": 3}\
             """);

    /** Two tools. The arguments of the first are long enough for a fault to hit them. */
    private static final String TOOLS = """
        "ignore_eos": false, "tools": [
         {"type": "function", "function": {"name": "note", "parameters": {"type": "object", "properties": {"lines":
          {"type": "array", "minItems": 3, "maxItems": 12, "items": {"type": "string", "pattern": "^[a-z]{1,8}$"}}},
          "required": ["lines"], "additionalProperties": false}}},
         {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties":
          {"zone": {"enum": ["UTC", "CET"]}}, "required": ["zone"], "additionalProperties": false}}}]\
        """;

    private static final List<String> CALLS = List.of(
            "{\"reasoning_format\": \"none\", \"tool_choice\": \"required\", " + TOOLS + "}",
            "{\"reasoning_format\": \"none\", \"tool_choice\": {\"type\": \"function\", \"function\": {\"name\":"
                    + " \"note\"}}, " + TOOLS + "}");

    /**
     * Replaces the messages: the assistant has begun to think. The biases make the demo model end its reasoning soon:
     * after 15 to 28 characters in most answers.
     */
    private static final String THINKING = """
        "messages": [{"role": "user", "content": "What is a worker?"}, {"role": "assistant", "content": "<think>"}],
        "continue_final_message": true, "frequency_penalty": 0.3, "logit_bias": {"%d": 10, "%d": 12}\
        """;

    private static final List<String> AFTER_REASONING = List.of(
            "{\"guided_grammar\": \"root ::= [a-z ]{150,200}\", \"ignore_eos\": false, ",
            "{\"tool_choice\": \"required\", " + TOOLS + ", ");

    @Override
    public String name() {
        return "kill-worker-rules";
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        int times = testBed.times(50, 3);
        Outcome outcome = new Outcome(times);
        Map<String, String> settings = Map.of("QUERN_REASONING_PARSER", "think");
        try (Engine engine = testBed.launch(2, null, SLOTS, TestBed.CONTEXT, settings)) {
            engine.awaitAllReady();
            Rounds rounds = new Rounds(engine, StreamRequest.each(bodies(engine.service()), TOKENS), outcome);
            expectAllKinds(rounds.undisturbed(), outcome);
            for (int i = 0; i < times; i++) {
                rounds.run("rules-" + i, victim -> {
                    victim.kill();
                    engine.await("both workers are ready again", () -> engine.allReady(victim.pid()));
                });
                Faults.progress(i, times);
            }
            List<Double> pauses = rounds.pausesOfMoved();
            outcome.expect(!pauses.isEmpty(), "expected streams to resume on the other worker, saw none");
            outcome.figure("pause of streams that moved: %s", Times.summary(pauses));
        }
        return outcome;
    }

    private static List<String> bodies(Service service) throws IOException, InterruptedException {
        List<String> bodies = new ArrayList<>(RULES);
        bodies.addAll(CALLS);
        String thinking = THINKING.formatted(token(service, "<"), token(service, "/"));
        AFTER_REASONING.forEach(fields -> bodies.add(fields + thinking + "}"));
        return bodies;
    }

    /** Returns the number of a token in the vocabulary of the demo model. */
    private static int token(Service service, String text) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(service.uri("/tokenize"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"prompt\": \"" + text + "\", \"add_special_tokens\": false}"))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            JsonNode answer = new ObjectMapper()
                    .readTree(client.send(request, HttpResponse.BodyHandlers.ofString())
                            .body());
            return answer.at("/tokens/0").asInt();
        }
    }

    /** A comparison of answers that lack what this fault is about would prove nothing. */
    private static void expectAllKinds(List<StreamedAnswer> undisturbed, Outcome outcome) {
        for (String part : List.of("calls of choice 0", "reasoning of choice 0", "text of choice 2")) {
            outcome.expect(undisturbed.stream().anyMatch(answer -> answer.has(part)), "expected %s, saw none", part);
        }
        outcome.expect(
                undisturbed.stream().anyMatch(a -> a.has("reasoning of choice 0") && a.has("calls of choice 0")),
                "expected a call after reasoning, saw none");
        outcome.expect(
                undisturbed.stream().anyMatch(a -> a.has("reasoning of choice 0") && !a.text.isEmpty()),
                "expected text after reasoning, saw none");
        outcome.expect(
                undisturbed.stream().anyMatch(answer -> answer.reasoningTokens > 0),
                "expected tokens of reasoning in the usage, saw none");
    }
}
