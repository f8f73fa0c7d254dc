package io.quern.openai;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.quern.ServedDemo;
import io.quern.StartsProcesses;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what the API answers without a worker, over HTTP and in the whole application. */
@QuarkusTest
@QuarkusTestResource(ServedDemo.class)
@TestProfile(OpenAiHttpTest.Guarded.class)
@StartsProcesses
class OpenAiHttpTest {
    private static final String CHATS = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";
    private static final String KEY = "sk-second";
    private static final int MAX_BODY = 64 * 1024;

    @TestHTTPResource("/")
    URI root;

    /** Sets keys, and a limit that a test can exceed. Quarkus' own limit is lower, and must not matter. */
    public static class Guarded implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "quern.openai.api-keys", "sk-first," + KEY,
                    "quern.openai.max-body-size", "64K",
                    "quern.tokenize.max-length", "1000",
                    "quarkus.http.limits.max-body-size", "16K");
        }
    }

    @Test
    void servedModelIsListed() {
        asClient()
                .get("/v1/models")
                .then()
                .statusCode(200)
                .contentType("application/json")
                .body("object", equalTo("list"))
                .body("data", hasSize(1))
                .body("data[0].object", equalTo("model"))
                .body("data[0].id", notNullValue())
                .body("data[0].created", notNullValue());
    }

    @Test
    void servedModelIsDescribed() {
        String id = asClient().get("/v1/models").path("data[0].id");
        asClient().get("/v1/models/" + id).then().statusCode(200).body("id", equalTo(id));
    }

    @Test
    void unknownModelIsNotFound() {
        refused(asClient().get("/v1/models/gpt/of/dreams"), 404, "model_not_found")
                .body("error.message", containsString("\"gpt/of/dreams\""))
                .body("error.param", equalTo("model"));
        refused(asClient().body("{\"model\":\"gpt-9\",\"messages\":[]}").post(CHATS), 404, "model_not_found");
    }

    @Test
    void requestWithoutTemperatureGetsWhatTheModelRecommends() {
        awaitReady();
        // at temperature 1 a text of this length differs from seed to seed
        String recommended = text(Map.of("prompt", "A fork server", "max_tokens", 40, "ignore_eos", true, "seed", 1));
        assertThat(text(Map.of("prompt", "A fork server", "max_tokens", 40, "ignore_eos", true, "temperature", 0)))
                .isEqualTo(recommended);
        assertThat(text(Map.of(
                        "prompt", "A fork server", "max_tokens", 40, "ignore_eos", true, "seed", 1, "temperature", 2)))
                .isNotEqualTo(recommended);
    }

    private static String text(Map<String, Object> completion) {
        return asClient()
                .body(completion)
                .post("/v1/completions")
                .then()
                .statusCode(200)
                .extract()
                .path("choices[0].text");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/v1"})
    void tokensAndTextsAreAnswered(String root) {
        awaitReady();
        String text = "<|im_start|>Grüße 😀";
        JsonPath tokens = asClient()
                .body(Map.of("prompt", text, "return_token_strs", true))
                .post(root + "/tokenize")
                .then()
                .statusCode(200)
                .contentType("application/json")
                .body("max_model_len", greaterThan(0))
                .body("token_strs[0]", equalTo("<|im_start|>"))
                .extract()
                .jsonPath();
        assertThat(tokens.getList("tokens"))
                .hasSize(tokens.getInt("count"))
                .hasSameSizeAs(tokens.getList("token_strs"));
        asClient()
                .body(Map.of("tokens", tokens.getList("tokens")))
                .post(root + "/detokenize")
                .then()
                .statusCode(200)
                .body("prompt", equalTo(text));
        asClient().get(root + "/version").then().statusCode(200).body("version", matchesPattern("\\d.*"));
    }

    @Test
    void tokensOfAChatAreThoseOfItsPrompt() {
        awaitReady();
        String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"Say hello.\"}]";
        int prompt = asClient()
                .body("{\"max_tokens\":1," + messages + "}")
                .post(CHATS)
                .path("usage.prompt_tokens");
        asClient()
                .body("{" + messages + "}")
                .post("/tokenize")
                .then()
                .statusCode(200)
                .body("count", equalTo(prompt))
                .body("tokens", hasSize(prompt))
                .body("token_strs", nullValue());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "/tokenize ~ {} ~ prompt",
                "/tokenize ~ {\"prompt\":\"a\",\"messages\":[]} ~ messages",
                "/tokenize ~ {\"prompt\":[\"a\"]} ~ prompt",
                "/tokenize ~ {\"messages\":[]} ~ messages",
                "/tokenize ~ {\"messages\":[{\"role\":\"user\"}]} ~ messages[0].content",
                "/tokenize ~ {\"prompt\":\"a\",\"return_token_strs\":1} ~ return_token_strs",
                "/detokenize ~ {} ~ tokens",
                "/detokenize ~ {\"tokens\":\"a\"} ~ tokens",
                "/detokenize ~ {\"tokens\":[1,-1]} ~ tokens[1]",
                "/detokenize ~ {\"tokens\":[1.5]} ~ tokens[0]",
                "/detokenize ~ {\"tokens\":[99999999999]} ~ tokens[0]",
                "/detokenize ~ {\"tokens\":[1000000000]} ~ tokens",
            })
    void badQuestionsNameTheirField(String path, String body, String param) {
        awaitReady();
        asClient().body(body).post(path).then().statusCode(400).body("error.param", equalTo(param));
    }

    @ParameterizedTest
    @CsvSource({"/tokenize, prompt", "/tokenize, messages", "/detokenize, tokens"})
    void longQuestionsNameTheirField(String path, String param) {
        awaitReady();
        String value =
                switch (param) {
                    case "prompt" -> "\"" + "a".repeat(1001) + "\"";
                    case "messages" -> "[{\"role\":\"user\",\"content\":\"" + "a".repeat(1001) + "\"}]";
                    default -> "[" + "1,".repeat(1000) + "1]";
                };
        asClient()
                .body("{\"" + param + "\":" + value + "}")
                .post(path)
                .then()
                .statusCode(400)
                .body("error.param", equalTo(param))
                .body("error.message", containsString("quern.tokenize.max-length"));
    }

    private void awaitReady() {
        await().until(() -> asClient().get("/health").statusCode() == 200);
    }

    @Test
    void tooManyHeadersOfOneNameAreRefused() throws IOException {
        assertThat(raw("GET /v1/models HTTP/1.1\r\nHost: x\r\n" + "a:\r\n".repeat(100) + "\r\n"))
                .startsWith("HTTP/1.1 431")
                .contains("quern.http.max-headers");
    }

    @Test
    void missingOrWrongKeyIsRefusedEverywhere() {
        for (String path : new String[] {"/v1/models", "/v1/models/demo", "/version"}) {
            refused(given().get(path), 401, "invalid_api_key").header("www-authenticate", "Bearer");
        }
        for (String path : new String[] {CHATS, COMPLETIONS, "/tokenize", "/detokenize"}) {
            refused(given().body("{}").contentType("application/json").post(path), 401, "invalid_api_key");
            refused(
                    given().header("Authorization", "Bearer sk-third")
                            .body("{}")
                            .post(path),
                    401,
                    "invalid_api_key");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/models, POST, 405, method_not_allowed",
        "/v1/chat/completions, GET, 405, method_not_allowed",
        "/v1/completions, DELETE, 405, method_not_allowed",
        "/tokenize, GET, 405, method_not_allowed",
        "/version, POST, 405, method_not_allowed",
        "/v1/embeddings, POST, 404, unknown_url",
        "/v1/, GET, 404, unknown_url",
        "/v1/chat, GET, 404, unknown_url"
    })
    void unknownPathAnswersInOpenAiFormat(String path, String method, int status, String code) {
        refused(asClient().request(method, path), status, code);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "/v1/models ~ POST ~ GET, HEAD, OPTIONS",
                "/v1/models/demo ~ DELETE ~ GET, HEAD, OPTIONS",
                "/v1/chat/completions ~ GET ~ POST, OPTIONS",
                "/v1/completions ~ PUT ~ POST, OPTIONS",
                "/detokenize ~ GET ~ POST, OPTIONS",
                "/version ~ POST ~ GET, HEAD, OPTIONS",
                "/health ~ POST ~ GET, HEAD, OPTIONS",
            })
    void wrongMethodAnswersWithAllowedOnes(String path, String method, String allowed) {
        asClient().request(method, path).then().statusCode(405).header("Allow", allowed);
    }

    /** Each is a request without its last line. The server must close the connection. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "`GET /v1/models HTTP/1.1\r\n` ~ 400 ~ 'Host' header",
                "`POST /v1/completions HTTP/1.1\r\nContent-Length: 2\r\n` ~ 400 ~ 'Host' header",
                "`GET /nope HTTP/1.1\r\n` ~ 400 ~ 'Host' header",
                "`GET /v1/../x HTTP/1.1\r\nHost: x\r\n` ~ 404 ~ does not exist",
                "`GET /v1/%zz HTTP/1.1\r\nHost: x\r\n` ~ 400 ~ path or query is malformed",
                "`GET /v1/models?a=% HTTP/1.1\r\nHost: x\r\n` ~ 400 ~ path or query is malformed",
                "`GET /v1/models HTTP/1.1\r\nHost: x\r\nno colon\r\n` ~ 400 ~ the request is not HTTP",
                "`GET /v1/models HTTP/1.1\r\nHost: x\r\na b: c\r\n` ~ 400 ~ the request is not HTTP",
                "`POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n` ~ 400 ~ the request is not HTTP",
                "`POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n` ~ 400 ~ the request is not HTTP",
                "`POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n` ~ 400 ~ the request is not HTTP",
                "`POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n` ~ 400 ~ the request is not HTTP",
                "`hello\r\n` ~ 400 ~ the request is not HTTP",
            })
    void malformedRequestGetsErrorObject(String head, int status, String message) throws IOException {
        try (LoudLog log = new LoudLog()) {
            assertThat(raw(head + "Connection: close\r\n\r\n"))
                    .startsWith("HTTP/1.")
                    .contains(" " + status + " ", "application/json", message, "\"invalid_request_error\"")
                    .containsPattern("\"error\"\\s*:\\s*\\{")
                    .doesNotContain("stack", "Exception");
            // other tests send wrong keys, and a summary of them may appear meanwhile
            assertThat(log.lines())
                    .filteredOn(line -> !line.contains("FailedLogins"))
                    .isEmpty();
        }
    }

    @Test
    void oversizedHeadGetsErrorObject() throws IOException {
        assertThat(raw("GET /v1/models HTTP/1.1\r\nHost: x\r\nX: " + "y".repeat(21_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431")
                .contains("application/json", "quarkus.http.limits.max-header-size");
        assertThat(raw("GET /v1/models?" + "y".repeat(5_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
                .contains(" 414 ", "application/json", "quarkus.http.limits.max-initial-line-length");
    }

    /** These answers have no length, so only the end of the connection ends them. */
    @ParameterizedTest
    @ValueSource(strings = {"/q/openapi", "/v1/models", "/v1/nope", "/health"})
    void http10WithKeepAliveGetsCompleteAnswer(String path) throws IOException {
        String request =
                "GET " + path + " HTTP/1.0\r\nConnection: keep-alive\r\nAuthorization: Bearer " + KEY + "\r\n\r\n";
        try (Socket socket = new Socket(root.getHost(), root.getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            BufferedReader answer =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            int length = -1;
            for (String line = answer.readLine(); !line.isEmpty(); line = answer.readLine()) {
                if (line.toLowerCase(Locale.ROOT).startsWith("content-length: ")) {
                    length = Integer.parseInt(line.substring(16));
                }
            }
            if (length < 0) {
                assertThat(answer.readAllAsString())
                        .as("an answer that ends with the connection")
                        .isNotEmpty();
            }
        }
    }

    @Test
    void expect100IsRefusedAtOnce() throws IOException {
        String head = "POST %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n%sContent-Length: %d\r\n\r\n";
        String key = "Authorization: Bearer " + KEY + "\r\n";
        for (String[] refused : new String[][] {
            {head.formatted(CHATS, "", 2), "401"},
            {head.formatted(CHATS, key, MAX_BODY + 1), "413"},
            {head.formatted("/v1/nope", key, 2), "404"},
            {head.formatted("/v1/models", key, 2), "405"},
        }) {
            // the server closes the connection, because it would take the body for a request
            assertThat(raw(refused[0])).startsWith("HTTP/1.1 " + refused[1]).containsIgnoringCase("connection: close");
        }
    }

    @Test
    void otherPathsKeepTheirOwnAnswer() {
        assertThat(given().get("/elsewhere").then().statusCode(404).extract().asString())
                .doesNotContain("unknown_url");
    }

    @Test
    void brokenJsonIsReportedByLineAndColumn() {
        refused(asClient().body("{\n  \"messages\": [}").post(CHATS), 400, null)
                .body("error.message", containsString("line 2, column 16"));
    }

    @Test
    void wrongTypeIsReportedByPath() {
        refused(
                        asClient()
                                .body("{\"messages\":[{\"role\":\"user\",\"content\":7}]}")
                                .post(CHATS),
                        400,
                        null)
                .body("error.param", equalTo("messages[0].content"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"})
    void otherContentTypeIsRefused(String type) throws IOException {
        assertThat(raw("POST /v1/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + KEY
                        + "\r\nContent-Type: " + type + "\r\nContent-Length: 2\r\n\r\n{}"))
                .startsWith("HTTP/1.1 415")
                .contains("unsupported_media_type", type.substring(0, 10));
    }

    @Test
    void missingContentTypeCountsAsJson() throws IOException {
        assertThat(raw("POST /v1/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + KEY
                        + "\r\nContent-Length: 2\r\n\r\n{}"))
                .startsWith("HTTP/1.1 400")
                .contains("prompt is missing");
    }

    @Test
    void bodyAnnouncedTooLargeIsRefused() {
        refused(asClient().body("x".repeat(MAX_BODY + 1)).post(CHATS), 413, "request_too_large");
        refused(asClient().body("x".repeat(MAX_BODY + 1)).post("/tokenize"), 413, "request_too_large");
    }

    @Test
    void chunkedBodyThatGrowsTooLargeIsRefused() throws IOException {
        String chunk = "4000\r\n" + "x".repeat(0x4000) + "\r\n";
        String answer = raw("POST /v1/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
                + KEY + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk.repeat(8)
                + "0\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 413").contains("request_too_large");
    }

    @Test
    void bodyOfExactlyTheLimitIsRead() {
        String body = "{\"unknown\":\"" + "x".repeat(MAX_BODY - 14) + "\"}";
        refused(asClient().body(body).post(CHATS), 400, null).body("error.message", equalTo("messages is missing"));
    }

    @Test
    void connectionStaysOpenAfterRefusal() throws IOException {
        String request = "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n%s\r\n{}";
        String answer = raw(request.formatted("") + request.formatted("Connection: close\r\n"));
        assertThat(answer.split("HTTP/1.1 401", -1)).hasSize(3);
    }

    @Test
    void requestIdOfClientIsReturned() {
        asClient().header("x-request-id", "trace-1").get("/v1/models").then().header("x-request-id", "trace-1");
        given().header("x-request-id", "trace-2").get("/v1/models").then().header("x-request-id", "trace-2");
        asClient().header("x-request-id", "trace-3").get("/v1/x").then().header("x-request-id", "trace-3");
        asClient()
                .header("x-request-id", "y".repeat(129))
                .get("/v1/models")
                .then()
                .header("x-request-id", matchesPattern("[0-9a-f]{32}"));
    }

    @Test
    void openApiDescribesRequests() {
        String request = "paths.'/v1/chat/completions'.post.requestBody.content.'application/json'.schema.$ref";
        given().accept("application/json")
                .get("/q/openapi")
                .then()
                .statusCode(200)
                .body(request, equalTo("#/components/schemas/ChatCompletionRequest"))
                .body("components.schemas.ChatMessage.properties.role.enum", hasItem("developer"))
                .body("components.schemas.GenerationFields.properties.temperature.maximum", equalTo(2));
    }

    private static RequestSpecification asClient() {
        return given().header("Authorization", "Bearer " + KEY).contentType("application/json");
    }

    private static ValidatableResponse refused(io.restassured.response.Response response, int status, String code) {
        return response.then()
                .statusCode(status)
                .contentType("application/json")
                .header("x-request-id", notNullValue())
                .body("error.type", equalTo("invalid_request_error"))
                .body("error.code", code == null ? nullValue() : equalTo(code))
                .body("error.message", notNullValue());
    }

    /** Returns everything that the server answers to these bytes until it closes the connection. */
    private String raw(String request) throws IOException {
        try (Socket socket = new Socket(root.getHost(), root.getPort())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            socket.getInputStream().transferTo(answer);
            return answer.toString(StandardCharsets.UTF_8);
        }
    }
}
