package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.agent.tool.ToolSpecifications;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.service.AiServices;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that others wrote use the packaged engine with the demo model: chats, streams, several choices, structured
 * output, tools and errors. The clients for Python and Node are skipped if they cannot be installed.
 */
@Timeout(300)
class ClientsIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String QUESTION = "What is a fork server?";

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

    @TempDir
    static Path home;

    private static EngineProcess engine;
    private static OpenAIClient client;

    @BeforeAll
    static void startEngine() {
        engine = EngineProcess.launch(Map.of(
                "QUERN_HOME",
                home.toString(),
                "QUERN_WORKER_AOT_CACHE",
                "false",
                "QUERN_WORKER_SLOTS",
                "4",
                "QUERN_WORKER_CONTEXT_LENGTH",
                "4096"));
        engine.awaitReady();
        client = OpenAIOkHttpClient.builder()
                .baseUrl(engine.uri("/v1").toString())
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void stopEngine() {
        if (engine != null) {
            engine.close();
        }
    }

    /** Few values, because the demo model writes texts and numbers without end. */
    enum Day {
        MONDAY,
        FRIDAY
    }

    /** Cities for the same reason. */
    enum City {
        ROME,
        PARIS
    }

    /** An answer in the form of a record. */
    record Event(Day day, boolean open) {}

    /** What LangChain4j implements. */
    interface Extractor {
        Event event(String text);
    }

    /** The tools of the tests. */
    static class Weather {
        @Tool("Returns the weather of a city.")
        public String getWeather(City city) {
            return "sunny";
        }
    }

    @Test
    void clientForPythonUsesAllOfTheApi() throws Exception {
        run("python/bin/python", "client.py");
    }

    @Test
    void clientForNodeUsesAllOfTheApi() throws Exception {
        run("node", "client.mjs");
    }

    @Test
    void openAiJavaGetsChoicesRecordsAndToolCalls() {
        ChatCompletion two = client.chat()
                .completions()
                .create(chat(12).n(2).temperature(1).seed(5).build());
        assertThat(two.choices()).hasSize(2);
        ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> stream = client.chat()
                .completions()
                .createStreaming(chat(12).n(2).temperature(1).seed(5).build())) {
            stream.stream().forEach(accumulator::accumulate);
        }
        assertThat(accumulator.chatCompletion().choices().stream()
                        .map(choice -> choice.message().content()))
                .isEqualTo(two.choices().stream()
                        .map(choice -> choice.message().content())
                        .toList());
        assertThat(client.chat()
                        .completions()
                        .create(chat(400).responseFormat(Event.class).build())
                        .choices()
                        .getFirst()
                        .message()
                        .content()
                        .orElseThrow()
                        .day())
                .isNotNull();
        ChatCompletion called = client.chat()
                .completions()
                .create(chat(400)
                        .addTool(GetWeather.class)
                        .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                        .build());
        assertThat(called.choices().getFirst().finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
        assertThat(called.choices()
                        .getFirst()
                        .message()
                        .toolCalls()
                        .orElseThrow()
                        .getFirst()
                        .asFunction()
                        .function()
                        .arguments(GetWeather.class)
                        .city)
                .isNotNull();
    }

    /** A tool of openai-java. */
    @com.fasterxml.jackson.annotation.JsonClassDescription("Returns the weather of a city.")
    static class GetWeather {
        public City city;
    }

    @Test
    void langChain4jChatsStreamsAndGetsARecord() throws Exception {
        OpenAiChatModel model = OpenAiChatModel.builder()
                .baseUrl(engine.uri("/v1").toString())
                .apiKey("none")
                .modelName("demo")
                .temperature(0.0)
                .maxRetries(0)
                .maxTokens(400)
                .supportedCapabilities(Capability.RESPONSE_FORMAT_JSON_SCHEMA)
                .strictJsonSchema(true)
                .build();
        String whole = model.chat(QUESTION);
        assertThat(streamed(QUESTION)).isEqualTo(whole).isNotBlank();
        assertThat(AiServices.create(Extractor.class, model)
                        .event("The fair opens on Friday")
                        .day())
                .isNotNull();
        List<ChatMessage> messages = new ArrayList<>(List.of(UserMessage.from(QUESTION)));
        AiMessage call = model.chat(ChatRequest.builder()
                        .messages(messages)
                        .toolSpecifications(ToolSpecifications.toolSpecificationsFrom(Weather.class))
                        .toolChoice(ToolChoice.REQUIRED)
                        .build())
                .aiMessage();
        assertThat(call.toolExecutionRequests()).isNotEmpty();
        assertThat(call.toolExecutionRequests().getFirst().name()).isEqualTo("getWeather");
        messages.add(call);
        call.toolExecutionRequests()
                .forEach(request -> messages.add(ToolExecutionResultMessage.from(request, "sunny")));
        assertThat(model.chat(messages).aiMessage().text()).isNotNull();
    }

    private static String streamed(String question) throws Exception {
        CompletableFuture<ChatResponse> done = new CompletableFuture<>();
        StringBuilder text = new StringBuilder();
        OpenAiStreamingChatModel.builder()
                .baseUrl(engine.uri("/v1").toString())
                .apiKey("none")
                .modelName("demo")
                .temperature(0.0)
                .maxTokens(400)
                .build()
                .chat(question, new StreamingChatResponseHandler() {
                    @Override
                    public void onPartialResponse(String part) {
                        text.append(part);
                    }

                    @Override
                    public void onCompleteResponse(ChatResponse response) {
                        done.complete(response);
                    }

                    @Override
                    public void onError(Throwable error) {
                        done.completeExceptionally(error);
                    }
                });
        assertThat(done.get(120, TimeUnit.SECONDS).aiMessage().text()).isEqualTo(text.toString());
        return text.toString();
    }

    @Test
    void errorsOfOpenAiJavaNameTheField() {
        assertThat(org.junit.jupiter.api.Assertions.assertThrows(BadRequestException.class, () -> client.chat()
                                .completions()
                                .create(chat(1).temperature(9).build()))
                        .param())
                .contains("temperature");
    }

    /** The description may neither lack a field of an answer nor have one that no answer has. */
    @Test
    void answersHaveTheFieldsOfTheDescription() throws Exception {
        JsonNode schemas = JSON.readTree(engine.get("/q/openapi").body()).at("/components/schemas");
        String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"" + QUESTION + "\"}]";
        Map<String, List<String>> answers = new HashMap<>();
        answers.put(
                "ChatCompletion",
                List.of(
                        post(
                                "/v1/chat/completions",
                                "{\"max_tokens\":3,\"logprobs\":true,\"top_logprobs\":1," + messages + "}"),
                        post(
                                "/v1/chat/completions",
                                "{\"max_tokens\":100,\"tool_choice\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":"
                                        + "{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}],"
                                        + messages + "}")));
        answers.put(
                "Completion", List.of(post("/v1/completions", "{\"max_tokens\":3,\"prompt\":\"One\",\"logprobs\":1}")));
        answers.put("TokenizedText", List.of(post("/tokenize", "{\"prompt\":\"One\",\"return_token_strs\":true}")));
        answers.put("DetokenizedText", List.of(post("/detokenize", "{\"tokens\":[1,2]}")));
        answers.put("ModelList", List.of(engine.get("/v1/models").body()));
        answers.put("Version", List.of(engine.get("/version").body()));
        answers.put("Error", List.of(post("/v1/completions", "{}")));
        for (Map.Entry<String, List<String>> answer : answers.entrySet()) {
            Set<String> found = new HashSet<>();
            for (String body : answer.getValue()) {
                fields(JSON.readTree(body), "", found);
            }
            Set<String> described = new HashSet<>();
            described(schemas, schemas.path(answer.getKey()), "", described);
            assertThat(found)
                    .as("fields of a %s that the description lacks", answer.getKey())
                    .isSubsetOf(described);
        }
    }

    /** Ten minutes with {@code -Dquern.fuzz.seconds=600}. */
    @Test
    @Timeout(900)
    void mutatedBodiesBreakNothing() throws Exception {
        JsonNode schemas = JSON.readTree(engine.get("/q/openapi").body()).at("/components/schemas");
        Set<String> names = new HashSet<>();
        schemas.findValues("properties")
                .forEach(properties -> properties.fieldNames().forEachRemaining(names::add));
        names.addAll(
                List.of("suffix", "functions", "guided_json", "grammar", "audio", "n", "tools", "$defs", "pattern"));
        long seed = Long.getLong("quern.fuzz.seed", System.nanoTime());
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("quern.fuzz.seconds", 8));
        List<Thread> threads = new ArrayList<>();
        Map<String, String> faults = new ConcurrentHashMap<>();
        AtomicInteger sent = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            BodyMutations mutations =
                    new BodyMutations(seed + i, names.stream().sorted().toList());
            Random random = new Random(seed - i);
            threads.add(Thread.ofVirtual().start(() -> {
                while (System.nanoTime() < end && faults.size() < 20) {
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
        assertThat(faults.values().stream().map(fault -> fault.substring(0, Math.min(2000, fault.length()))))
                .as("of %d bodies, seed %d", sent.get(), seed)
                .isEmpty();
        JsonNode worker = JSON.readTree(engine.get("/q/quern/pool").body()).at("/workers/0");
        assertThat(worker.path("restarts").asInt())
                .as("seed %d: %s", seed, worker)
                .isZero();
        assertThat(post("/v1/completions", "{\"prompt\":\"a\",\"max_tokens\":1}"))
                .contains("\"text\"");
    }

    /** Returns what is wrong with the answer, or empty. */
    private static Optional<String> fault(String path, String body) {
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

    private static void fields(JsonNode value, String path, Set<String> found) {
        value.properties().forEach(field -> {
            // the keys of these objects are tokens
            if (!path.endsWith("top_logprobs[]") || !path.startsWith(".choices[].logprobs.")) {
                found.add(path + "." + field.getKey());
                fields(field.getValue(), path + "." + field.getKey(), found);
            }
        });
        if (value.isArray()) {
            value.forEach(element -> fields(element, path + "[]", found));
        }
    }

    private static void described(JsonNode schemas, JsonNode schema, String path, Set<String> found) {
        String reference = schema.path("$ref").asText("");
        if (!reference.isEmpty()) {
            described(schemas, schemas.path(reference.substring(reference.lastIndexOf('/') + 1)), path, found);
        }
        for (String alternatives : List.of("allOf", "oneOf", "anyOf")) {
            schema.path(alternatives).forEach(one -> described(schemas, one, path, found));
        }
        schema.path("properties").properties().forEach(property -> {
            found.add(path + "." + property.getKey());
            described(schemas, property.getValue(), path + "." + property.getKey(), found);
        });
        if (schema.has("items")) {
            described(schemas, schema.path("items"), path + "[]", found);
        }
    }

    private static String post(String path, String body) {
        return engine.post(path, body).body();
    }

    private static ChatCompletionCreateParams.Builder chat(long maxTokens) {
        return ChatCompletionCreateParams.builder()
                .model("demo")
                .addUserMessage(QUESTION)
                .temperature(0)
                .maxCompletionTokens(maxTokens);
    }

    /** Runs a script of src/it/clients, which prints a line for each check. */
    private static void run(String program, String script) throws Exception {
        Process install = new ProcessBuilder("src/it/clients/install")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String folder = new String(install.getInputStream().readAllBytes()).strip();
        assumeTrue(install.waitFor() == 0, "skipped: OpenAI's clients cannot be installed");
        Path executable = program.contains("/") ? Path.of(folder, program) : Path.of(program);
        Process checks = new ProcessBuilder(
                        executable.toString(), script, engine.uri("/v1").toString(), "demo")
                .directory(Path.of(folder).toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(checks.getInputStream().readAllBytes());
        assertThat(checks.waitFor()).as(output).isZero();
    }
}
