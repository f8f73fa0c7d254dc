package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged engine serves a model with a real worker; tests use HTTP only. Subclasses choose the model and the start
 * method.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ServingContract {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SLOTS = 16;

    private final String model;
    private final String name;
    final int context;
    final String startMethod;

    @TempDir
    static Path home;

    Gate gate;
    EngineProcess engine;
    OpenAIClient client;

    /**
     * Creates the contract for one engine.
     *
     * @param model value of quern.model
     * @param name name of the model for clients
     * @param startMethod start method of the workers
     * @param context number of tokens in a slot
     */
    ServingContract(String model, String name, int context, String startMethod) {
        this.model = model;
        this.name = name;
        this.context = context;
        this.startMethod = startMethod;
    }

    @BeforeAll
    void startEngine() {
        gate = Gate.make();
        Map<String, String> environment = new HashMap<>(gate.environment());
        environment.put("QUERN_MODEL", model);
        environment.put("QUERN_HOME", home.toString());
        environment.put("QUERN_WORKER_SLOTS", Integer.toString(SLOTS));
        environment.put("QUERN_WORKER_START_METHOD", startMethod);
        environment.put("QUERN_WORKER_CONTEXT_LENGTH", Integer.toString(context));
        environment.put("QUERN_WORKER_AOT_CACHE", "false");
        // One test waits until the engine notices a stopped worker. Others hold a worker for less than this.
        environment.put("QUERN_POOL_STALL_TIMEOUT", "5s");
        engine = EngineProcess.launch(commandPrefix(), environment, true);
        engine.awaitReady();
        client = OpenAIOkHttpClient.builder()
                .baseUrl(engine.uri("/v1").toString())
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    @AfterEach
    void openGate() {
        gate.open();
    }

    /** Returns the command prefix of the engine. */
    List<String> commandPrefix() {
        return List.of();
    }

    @AfterAll
    void stopEngine() {
        if (engine != null) {
            client.close();
            engine.close();
        }
    }

    @Test
    void openAiClientGetsWholeAnswer() {
        ChatCompletion answer =
                client.chat().completions().create(chat("Say hello.", 12).build());
        assertThat(answer.choices()).hasSize(1);
        assertThat(answer.choices().getFirst().message().content().orElseThrow())
                .isNotBlank();
        assertThat(answer.model()).isEqualTo(name);
        var usage = answer.usage().orElseThrow();
        assertThat(usage.completionTokens()).isBetween(1L, 12L);
        assertThat(usage.totalTokens()).isEqualTo(usage.promptTokens() + usage.completionTokens());
    }

    @Test
    void openAiClientStreamsSameAnswer() {
        String whole = client.chat()
                .completions()
                .create(chat("Name three colours.", 24).build())
                .choices()
                .getFirst()
                .message()
                .content()
                .orElseThrow();
        StringBuilder streamed = new StringBuilder();
        List<ChatCompletionChunk> chunks = new ArrayList<>();
        try (StreamResponse<ChatCompletionChunk> stream = client.chat()
                .completions()
                .createStreaming(chat("Name three colours.", 24).build())) {
            stream.stream().forEach(chunk -> {
                chunks.add(chunk);
                chunk.choices().forEach(c -> c.delta().content().ifPresent(streamed::append));
            });
        }
        assertThat(streamed).hasToString(whole);
        assertThat(chunks.size()).isGreaterThan(4);
        assertThat(chunks.getFirst().choices().getFirst().delta().role()).isPresent();
        assertThat(chunks.getLast().choices().getFirst().finishReason()).isPresent();
    }

    @Test
    void streamReportsUsageIfRequested() throws Exception {
        ObjectNode body = body("Say hello.", 5);
        body.putObject("stream_options").put("include_usage", true);
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", body.toString())) {
            List<JsonNode> events = stream.rest();
            JsonNode last = events.getLast();
            assertThat(last.get("choices")).isEmpty();
            assertThat(last.at("/usage/completion_tokens").asInt()).isEqualTo(5);
            assertThat(events.get(events.size() - 2)
                            .at("/choices/0/finish_reason")
                            .asText())
                    .isEqualTo("length");
            assertThat(stream.done()).isTrue();
        }
    }

    @Test
    void sameSeedSamplesSameText() throws Exception {
        String first = sampled(11);
        assertThat(sampled(11)).isEqualTo(first);
        assertThat(sampled(12)).isNotEqualTo(first);
    }

    @Test
    void choicesBeginWithTheAnswerOfTheirSeed() throws Exception {
        ObjectNode one = body("Tell me a story.", 40).put("temperature", 2).put("seed", 11);
        one.put("stream", false).put("ignore_eos", true);
        JsonNode single = answer(one);
        JsonNode several = answer(one.put("n", 3));
        assertThat(several.get("choices")).hasSize(3);
        assertThat(several.at("/choices/0/message")).isEqualTo(single.at("/choices/0/message"));
        assertThat(several.at("/choices/1/message")).isNotEqualTo(single.at("/choices/0/message"));
        assertThat(several.at("/usage/prompt_tokens")).isEqualTo(single.at("/usage/prompt_tokens"));
        assertThat(answer(one).get("choices")).isEqualTo(several.get("choices"));
    }

    @Test
    void streamOpensAllChoicesBeforeAnyText() throws IOException {
        String stream = engine.post(
                        "/v1/chat/completions", body("Hi!", 2).put("n", 5).toString())
                .body();
        List<JsonNode> chunks = new ArrayList<>();
        for (String line :
                stream.lines().filter(one -> one.startsWith("data: {")).toList()) {
            chunks.add(JSON.readTree(line.substring("data: ".length())));
        }
        // one of them may end before another one begins
        for (int index = 0; index < 5; index++) {
            assertThat(chunks.get(index).at("/choices/0/index").asInt()).isEqualTo(index);
            assertThat(chunks.get(index).at("/choices/0/delta/role").asText()).isEqualTo("assistant");
        }
        assertThat(chunks.stream().skip(5))
                .noneMatch(chunk -> chunk.at("/choices/0/delta").has("role"));
    }

    private JsonNode answer(ObjectNode body) throws IOException {
        return JSON.readTree(
                engine.post("/v1/chat/completions", body.toString()).body());
    }

    @Test
    void sixteenParallelStreamsMatchSingleOnes() throws Exception {
        List<String> questions = new ArrayList<>();
        for (int i = 0; i < SLOTS; i++) {
            questions.add("Tell me something about the number " + i + " and the colour of its friends.");
        }
        List<String> together;
        try (ExecutorService threads = Executors.newFixedThreadPool(SLOTS)) {
            List<Callable<String>> tasks = new ArrayList<>();
            questions.forEach(question -> tasks.add(() -> streamed(question, 40)));
            together = new ArrayList<>();
            for (Future<String> answer : threads.invokeAll(tasks)) {
                together.add(answer.get());
            }
        }
        for (int i = 0; i < SLOTS; i++) {
            assertThat(streamed(questions.get(i), 40)).as(questions.get(i)).isEqualTo(together.get(i));
        }
    }

    @Test
    void leavingClientFreesSlotOfHeldWorker() throws Exception {
        await().until(() -> engine.metric("quern_pool_slots_busy") == 0);
        gate.closeAfterFirstTokens();
        EventStream stream =
                EventStream.open(engine, "/v1/chat/completions", longBody().toString());
        stream.next();
        stream.next();
        assertThat(engine.metric("quern_pool_slots_busy")).isEqualTo(1);
        assertThat(engine.metric("vllm:num_requests_running")).isEqualTo(1);
        stream.close();
        await().until(() -> engine.metric("quern_pool_slots_busy") == 0);
        assertThat(engine.metric("vllm:num_requests_running")).isZero();
        gate.open();
        assertThat(streamed("Say hello.", 5)).isNotEmpty();
    }

    @Test
    void hugePromptIsRefusedWithoutDisturbingOthers() throws Exception {
        gate.closeAfterFirstTokens();
        try (EventStream stream = EventStream.open(
                engine,
                "/v1/chat/completions",
                body("Tell me a long story.", 60).toString())) {
            stream.next();
            HttpResponse<String> refused = engine.post("/v1/chat/completions", whole("word ".repeat(1 << 20), 5));
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(JSON.readTree(refused.body()).at("/error/code").asText()).isEqualTo("context_length_exceeded");
            gate.open();
            assertThat(EventStream.text(stream.rest())).isNotBlank();
            assertThat(stream.done()).isTrue();
        }
    }

    @Test
    void requestBeyondContextIsRefusedWithLimit() throws IOException {
        HttpResponse<String> longPrompt = engine.post("/v1/chat/completions", whole("word ".repeat(context + 100), 5));
        assertThat(longPrompt.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(longPrompt.body()).at("/error/message").asText())
                .contains("maximum context length is " + context + " tokens");
        HttpResponse<String> longAnswer = engine.post("/v1/chat/completions", whole("Say hello.", 100_000));
        assertThat(longAnswer.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(longAnswer.body()).at("/error/code").asText()).isEqualTo("context_length_exceeded");
    }

    @Test
    void decisionAndReasonsAreReported() {
        JsonNode decision = engine.json("/q/quern/decision");
        assertThat(decision.get("method").asText()).isEqualTo(startMethod);
        assertThat(decision.get("rules")).isNotEmpty();
        assertThat(decision.get("rejected")).hasSize(3);
        assertThat(engine.log()).anyMatch(line -> line.contains("start method: " + startMethod));
    }

    @Test
    void promptsAreNotLogged() {
        engine.post("/v1/chat/completions", whole("a-secret-in-a-prompt", 2));
        assertThat(engine.log()).noneMatch(line -> line.contains("a-secret-in-a-prompt"));
    }

    private String streamed(String question, int maxTokens) throws Exception {
        try (EventStream stream = EventStream.open(
                engine, "/v1/chat/completions", body(question, maxTokens).toString())) {
            assertThat(stream.status()).isEqualTo(200);
            String text = EventStream.text(stream.rest());
            assertThat(stream.done()).isTrue();
            return text;
        }
    }

    private String sampled(long seed) throws IOException {
        // High temperature and a long text, so that even a model that is sure of its answer deviates from it.
        ObjectNode body = body("Write one sentence about the sea.", 60);
        body.put("stream", false).put("ignore_eos", true).put("temperature", 2).put("seed", seed);
        HttpResponse<String> answer = engine.post("/v1/chat/completions", body.toString());
        return JSON.readTree(answer.body()).at("/choices/0/message/content").asText();
    }

    ObjectNode body(String question, int maxTokens) {
        ObjectNode body = JSON.createObjectNode()
                .put("model", name)
                .put("stream", true)
                .put("temperature", 0)
                .put("max_tokens", maxTokens);
        body.putArray("messages").addObject().put("role", "user").put("content", question);
        return body;
    }

    /** Returns a request whose answer fills most of the context. */
    ObjectNode longBody() {
        return body("Tell me a long story.", context - 100).put("ignore_eos", true);
    }

    String whole(String question, int maxTokens) {
        return body(question, maxTokens).put("stream", false).toString();
    }

    private ChatCompletionCreateParams.Builder chat(String question, long maxTokens) {
        return ChatCompletionCreateParams.builder()
                .model(name)
                .addUserMessage(question)
                .temperature(0.0)
                .maxTokens(maxTokens);
    }
}
