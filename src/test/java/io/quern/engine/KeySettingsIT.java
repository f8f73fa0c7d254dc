package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Sets API keys in every possible form. The engine uses the keys as written or does not boot; it is never open. */
class KeySettingsIT {
    private static final String VARIABLE = "QUERN_OPENAI_API_KEYS";
    private static final String PROPERTY = "-Dquern.openai.api-keys";

    @TempDir
    Path folder;

    private EngineProcess engine;

    @AfterEach
    void stopEngine() {
        if (engine != null) {
            engine.process().destroyForcibly();
            engine.close();
        }
    }

    /**
     * A way to set keys.
     *
     * @param options arguments of the JVM: properties after {@code -D}
     */
    private record Form(Map<String, String> environment, List<String> options, String file) {
        static Form variable(String name, String value) {
            return new Form(Map.of(name, value), List.of(), "");
        }

        static Form property(String... options) {
            return new Form(Map.of(), List.of(options), "");
        }

        static Form file(String lines) {
            return new Form(Map.of(), List.of(), lines);
        }

        @Override
        public String toString() {
            String text = environment + " " + options + " " + file.strip();
            return text.length() > 80 ? text.substring(0, 80) : text;
        }
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of(Form.variable(VARIABLE, "sk-${nope}x"), "api-keys refers to ${nope}, which is not set"),
                Arguments.of(
                        Form.property(PROPERTY + "=${NOT_SET}"), "api-keys refers to ${NOT_SET}, which is not set"),
                Arguments.of(Form.file("quern.openai.api-keys=${NOT_SET}"), "application.properties:1"),
                Arguments.of(Form.file("%prod.quern.openai.api-keys=${NOT_SET}"), "${NOT_SET}, which is not set"),
                Arguments.of(Form.property(PROPERTY + "[0]=${NOT_SET}"), "api-keys[0] refers to ${NOT_SET}"),
                Arguments.of(
                        Form.variable(VARIABLE, ","), "api-keys contains no key (environment variable " + VARIABLE),
                Arguments.of(Form.variable(VARIABLE, ""), "api-keys contains no key"),
                Arguments.of(Form.variable(VARIABLE, "  "), "api-keys contains no key"),
                Arguments.of(Form.property(PROPERTY + "[0]="), "api-keys[0] contains no key"),
                Arguments.of(Form.file("quern.openai.api-keys="), "api-keys contains no key"),
                Arguments.of(Form.file("quern.openai.api-keys=gr\u00f6\u00dfe"), "no client can send key 1 of 1"),
                Arguments.of(Form.variable(VARIABLE, "ok,a\tb"), "no client can send key 2 of 2"),
                Arguments.of(Form.variable(VARIABLE, "k".repeat(30_000)), "its 30000 characters do not fit"),
                Arguments.of(Form.variable("QUERN_OPENAI_API_KEY", "sk"), "did you mean " + VARIABLE + "?"),
                Arguments.of(Form.variable("QUERN_OPENAI_API_KEYS_0", "sk"), "did you mean " + VARIABLE + "?"),
                Arguments.of(Form.property("-Dquern.openai.apikeys=sk"), "did you mean quern.openai.api-keys?"),
                Arguments.of(Form.property("-D" + VARIABLE + "=sk"), "did you mean quern.openai.api-keys?"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void settingWithoutUsableKeyEndsBoot(Form form, String message) throws Exception {
        launch(form);
        engine.refuses(message);
        assertThat(engine.log()).noneMatch(line -> line.contains("Listening on"));
    }

    static Stream<Arguments> taken() {
        return Stream.of(
                Arguments.of(
                        Form.variable(VARIABLE, "sk-a$$b,sk-a$b,sk-a\\,b,c\\d"),
                        List.of("sk-a$$b", "sk-a$b", "sk-a,b", "c\\d")),
                Arguments.of(
                        new Form(Map.of("MY_SECRET", "s$$e,t"), List.of(PROPERTY + "=${MY_SECRET},twice,twice"), ""),
                        List.of("s$$e", "t", "twice")),
                Arguments.of(Form.property(PROPERTY + "[0]=a,b", PROPERTY + "[1]=c"), List.of("a,b", "c")),
                Arguments.of(Form.variable(VARIABLE + "_0_", "sk"), List.of("sk")),
                Arguments.of(Form.file("%prod.quern.openai.api-keys=a\\\\,b,\\\\${c}"), List.of("a,b", "${c}")));
    }

    @ParameterizedTest
    @MethodSource("taken")
    void keysAreUsedAsWritten(Form form, List<String> keys) throws Exception {
        launch(form);
        await().atMost(Duration.ofSeconds(90))
                .until(() -> engine.listening() || !engine.process().isAlive());
        assertThat(engine.process().isAlive())
                .as("the engine's log: %s", engine.log())
                .isTrue();
        for (String key : keys) {
            assertThat(status("Bearer " + key)).as(key).isEqualTo(200);
        }
        for (String other : List.of("none", "Bearer sk-a", "Bearer b", "Bearer s$e", "Bearer ")) {
            assertThat(status(other)).as(other).isEqualTo(401);
        }
        assertThat(engine.log()).anyMatch(line -> line.contains("Refused requests without a valid API key"));
        for (String key : keys) {
            // Shorter keys may be part of words in the log.
            assertThat(engine.log()).noneMatch(line -> key.length() > 3 && line.contains(key));
        }
    }

    private int status(String authorization) {
        return engine.send(HttpRequest.newBuilder(engine.uri("/v1/models"))
                        .header("Authorization", authorization)
                        .build())
                .statusCode();
    }

    private void launch(Form form) throws Exception {
        Map<String, String> environment = new HashMap<>(form.environment());
        environment.put("QUERN_MODEL", "demo");
        environment.put("QUERN_HOME", folder.resolve("home").toString());
        environment.put("QUERN_WORKER_START_METHOD", "spawn");
        environment.put("QUERN_WORKER_AOT_CACHE", "false");
        if (!form.file().isEmpty()) {
            Path file = Files.writeString(folder.resolve("application.properties"), form.file());
            environment.put("SMALLRYE_CONFIG_LOCATIONS", file.toUri().toString());
        }
        List<String> options = new ArrayList<>(form.options());
        if (!PackagedEngine.isNative()) {
            options.add("-XX:TieredStopAtLevel=1"); // the test only boots it
        }
        engine = EngineProcess.launch(environment, options.toArray(String[]::new));
    }
}
