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
import io.quern.openai.DescribedFields;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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

    @Test
    void answersHaveTheFieldsOfTheDescription() throws Exception {
        JsonNode description = JSON.readTree(engine.get("/q/openapi").body());
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
            assertThat(found)
                    .as("fields of a %s that the description lacks", answer.getKey())
                    .isSubsetOf(DescribedFields.of(description, answer.getKey()));
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
        MutatedBodies bodies = new MutatedBodies(engine, names.stream().sorted().toList(), seed);
        Map<String, String> faults = bodies.send(Duration.ofSeconds(Long.getLong("quern.fuzz.seconds", 8)));
        assertThat(faults.values().stream().map(fault -> fault.substring(0, Math.min(2000, fault.length()))))
                .as("of %d bodies, seed %d", bodies.sent(), seed)
                .isEmpty();
        JsonNode worker = JSON.readTree(engine.get("/q/quern/pool").body()).at("/workers/0");
        assertThat(worker.path("restarts").asInt())
                .as("seed %d: %s", seed, worker)
                .isZero();
        assertThat(post("/v1/completions", "{\"prompt\":\"a\",\"max_tokens\":1}"))
                .contains("\"text\"");
    }

    private static void fields(JsonNode value, String path, Set<String> found) {
        value.properties().forEach(field -> {
            // the keys of these objects are tokens
            if (!path.endsWith("top_logprobs[]") || !path.startsWith("choices[].logprobs.")) {
                String inner = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
                found.add(inner);
                fields(field.getValue(), inner, found);
            }
        });
        if (value.isArray()) {
            value.forEach(element -> fields(element, path + "[]", found));
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
