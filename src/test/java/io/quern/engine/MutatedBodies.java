package io.quern.engine;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Sends nearly valid bodies to an engine and collects what is wrong with its answers. */
final class MutatedBodies {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CLIENTS = 3;
    private static final int MAX_FAULTS = 20;

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static final String TOOL = "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":"
            + "\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\"]}}}";

    /** Valid bodies with nearly all fields, by path. */
    private static final List<Map.Entry<String, String>> VALID = List.of(
            Map.entry("/v1/chat/completions", """
                    {"model":"demo","max_tokens":3,"temperature":0.5,"top_p":0.9,"top_k":5,"min_p":0.1,"seed":1,"n":2,
                     "presence_penalty":0.1,"frequency_penalty":0.1,"repetition_penalty":1.1,"stop":["a","b"],
                     "logprobs":true,"top_logprobs":2,"logit_bias":{"5":1},"stream":false,"user":"u",
                     "messages":[{"role":"system","content":"Be brief."},
                                 {"role":"user","content":[{"type":"text","text":"Hello"}]}]}"""),
            Map.entry("/v1/chat/completions", """
                    {"max_tokens":5,"stream":true,"stream_options":{"include_usage":true},"tool_choice":"auto",
                     "tools":[%s],
                     "messages":[{"role":"user","content":"Hello"},
                                 {"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function",
                                  "function":{"name":"f","arguments":"{}"}}]},
                                 {"role":"tool","tool_call_id":"a","content":"1"}]}""".formatted(TOOL)),
            Map.entry("/v1/chat/completions", """
                    {"max_tokens":5,"messages":[{"role":"user","content":"Hello"}],
                     "response_format":{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":{"type":
                      "object","properties":{"a":{"type":"array","items":{"anyOf":[{"type":"integer","minimum":1},
                      {"type":"string","maxLength":5}]}}},"required":["a"],"additionalProperties":false}}}}"""),
            Map.entry("/v1/completions", """
                    {"prompt":["One","two"],"max_tokens":3,"n":1,"best_of":2,"echo":true,"logprobs":2,"seed":1,
                     "stop":"x","min_tokens":1,"stop_token_ids":[5],"bad_words":["a"],"typical_p":0.9}"""),
            Map.entry("/v1/completions", "{\"prompt\":[1,2,3],\"max_tokens\":3,\"stream\":true,\"ignore_eos\":true}"),
            Map.entry("/tokenize", "{\"prompt\":\"One two\",\"return_token_strs\":true,\"add_special_tokens\":true}"),
            Map.entry(
                    "/tokenize",
                    "{\"messages\":[{\"role\":\"user\",\"content\":\"One\"}],\"add_generation_prompt\":true}"),
            Map.entry("/detokenize", "{\"tokens\":[1,2,3]}"));

    private final EngineProcess engine;
    private final List<String> names;
    private final long seed;
    private final Map<String, String> faults = new ConcurrentHashMap<>();
    private final AtomicInteger sent = new AtomicInteger();

    /** @param names of fields that the engine knows */
    MutatedBodies(EngineProcess engine, List<String> names, long seed) {
        this.engine = engine;
        this.names = names;
        this.seed = seed;
    }

    /** Returns one fault of each kind, with its body. */
    Map<String, String> send(Duration duration) throws InterruptedException {
        long end = System.nanoTime() + duration.toNanos();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            BodyMutations mutations = new BodyMutations(seed + i, names);
            Random random = new Random(seed - i);
            threads.add(Thread.ofVirtual().start(() -> {
                while (System.nanoTime() < end && faults.size() < MAX_FAULTS) {
                    Map.Entry<String, String> valid = VALID.get(random.nextInt(VALID.size()));
                    String body = mutations.mutated(valid.getValue());
                    fault(valid.getKey(), body)
                            .ifPresent(fault -> faults.put(fault.split(":")[0], fault + "\n" + body));
                    sent.incrementAndGet();
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return faults;
    }

    /** Returns the number of bodies. */
    int sent() {
        return sent.get();
    }

    /** Returns what is wrong with the answer, or empty. */
    private Optional<String> fault(String path, String body) {
        HttpResponse<String> answer;
        try {
            answer = HTTP.send(
                    HttpRequest.newBuilder(engine.uri(path))
                            .header("Content-Type", "application/json")
                            .header("X-Request-Timeout", "10")
                            .timeout(Duration.ofSeconds(60))
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            return Optional.of("no answer: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
        int status = answer.statusCode();
        if (status >= 500 && status != 504 || status == 422) {
            return Optional.of("status " + status + ": " + answer.body());
        }
        if (answer.body().contains("\"internal_error\"") || answer.body().contains("\"worker_lost\"")) {
            return Optional.of("error event: " + answer.body());
        }
        if (status != 400) {
            return Optional.empty();
        }
        try {
            String param = JSON.readTree(answer.body()).at("/error/param").asText("");
            String first = param.equals("null") ? "" : param.split("[.\\[]")[0];
            boolean named = first.isEmpty()
                    || body.contains("\"" + first + "\"")
                    || answer.body().contains("is missing")
                    || answer.body().contains("required");
            return named ? Optional.empty() : Optional.of("param " + param + " is not in the body: " + answer.body());
        } catch (IOException e) {
            return Optional.of("not JSON: " + answer.body());
        }
    }
}
