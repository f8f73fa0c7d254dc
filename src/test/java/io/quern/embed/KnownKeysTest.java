package io.quern.embed;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.cli.CalibrationConfig;
import io.quern.cli.HttpConfig;
import io.quern.cli.ShutdownConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KnownKeysTest {
    private final KnownKeys known = new KnownKeys(Stream.concat(
                    EngineKeys.ALL.stream(),
                    MappedKeys.of(List.of(ShutdownConfig.class, HttpConfig.class, CalibrationConfig.class)).stream())
            .collect(Collectors.toSet()));

    @Test
    void everyKeyIsKnown() {
        assertThat(known.keys())
                .contains(
                        "quern.model",
                        "quern.model-name",
                        "quern.pool.restart.max-restarts",
                        "quern.worker.context-length",
                        "quern.shutdown.grace")
                .allSatisfy(key -> assertThat(known.problemOf(key)).isEmpty());
    }

    @Test
    void libraryDoesNotKnowKeysOfStandaloneApplication() {
        assertThat(new KnownKeys(EngineKeys.ALL).problemOf("quern.shutdown.grace"))
                .isPresent();
    }

    @Test
    void referenceListsAllKeys() throws IOException {
        Set<String> listed = Pattern.compile("^\\| `(quern\\.[^`]+)`", Pattern.MULTILINE)
                .matcher(Files.readString(Path.of("docs/reference/configuration.md")))
                .results()
                .map(row -> row.group(1).replace("\"NAME\"", "*"))
                .collect(Collectors.toSet());
        assertThat(known.keys()).isEqualTo(listed);
    }

    @Test
    void mistypedKeyIsReportedWithNearestOne() {
        assertThat(known.problemOf("quern.pool.worker"))
                .contains("unknown configuration key quern.pool.worker; did you mean quern.pool.workers?");
        assertThat(known.problemOf("quern.worker.contextlength"))
                .hasValueSatisfying(problem -> assertThat(problem).endsWith("quern.worker.context-length?"));
    }

    @Test
    void keysOfAModelAreKnownUnderAnyName() {
        assertThat(known.problemOf("quern.models.red.slots")).isEmpty();
        assertThat(known.problemOf("quern.models.\"qwen2.5:7b\".aliases[1]")).isEmpty();
        assertThat(known.problemOfVariable("QUERN_MODELS__QWEN2_5__CONTEXT_LENGTH"))
                .isEmpty();
        assertThat(known.problemOf("quern.models.\"qwen2.5\".slot"))
                .contains("unknown configuration key quern.models.\"qwen2.5\".slot; did you mean"
                        + " quern.models.\"qwen2.5\".slots?");
        assertThat(known.problemOf("quern.models.red.slots.more")).isPresent();
        assertThat(known.problemOfVariable("QUERN_MODELS_RED_SLOT"))
                .hasValueSatisfying(problem -> assertThat(problem).contains("did you mean QUERN_MODELS_"));
    }

    @Test
    void listElementsAndForeignKeysAreAccepted() {
        assertThat(known.problemOf("quern.openai.api-keys[3]")).isEmpty();
        assertThat(known.problemOf("quarkus.http.port")).isEmpty();
        assertThat(known.problemOf("quernel.x")).isEmpty();
    }

    @Test
    void mistypedVariableIsReportedWithNearestOne() {
        assertThat(known.problemOfVariable("QUERN_POOL_WORKERS")).isEmpty();
        assertThat(known.problemOfVariable("QUERN_WORKER_SLOT"))
                .contains("unknown environment variable QUERN_WORKER_SLOT; did you mean QUERN_WORKER_SLOTS?");
    }

    @Test
    void variablesOfProjectScriptsAreIgnored() {
        assertThat(known.problemOfVariable("QUERN_MODELS")).isEmpty();
        assertThat(known.problemOfVariable("QUERN_TESTS_REQUIRE_MODEL")).isEmpty();
        assertThat(known.problemOfVariable("PATH")).isEmpty();
    }

    @Test
    void variableThatMayMeanApiKeyIsRecognised() {
        for (String variable : List.of(
                "QUERN_OPENAI_API_KEY", "QUERN_API_KEYS", "QUERN_OPENAI_API_KEYS_0", "_PROD_QUERN_OPENAI_APIKEYS")) {
            assertThat(known.problemOfVariable(variable)).as(variable).isPresent();
            assertThat(KnownKeys.mayMeanAnApiKey(variable)).as(variable).isTrue();
        }
        assertThat(KnownKeys.mayMeanAnApiKey("QUERN_WORKER_SLOT")).isFalse();
        assertThat(known.problemOfVariable("QUERN_OPS_API_KEY"))
                .get()
                .asString()
                .endsWith("QUERN_OPS_API_KEYS?");
        assertThat(known.problemOfVariable("QUERN_API_KEY").orElseThrow())
                .contains("does not protect this engine")
                .contains("Set QUERN_OPENAI_API_KEYS");
        assertThat(known.problemOfVariable("QUERN_API_KEYS"))
                .contains("unknown environment variable QUERN_API_KEYS; did you mean QUERN_OPENAI_API_KEYS?");
    }

    @Test
    void elementProfileAndKubernetesVariablesAreAccepted() {
        for (String variable : List.of(
                "QUERN_OPENAI_API_KEYS_0_",
                "_PROD_QUERN_OPENAI_API_KEYS",
                "QUERN_SERVICE_HOST",
                "QUERN_GATEWAY_SERVICE_PORT_HTTP",
                "QUERN_PORT_8080_TCP_ADDR")) {
            assertThat(known.problemOfVariable(variable)).as(variable).isEmpty();
        }
    }

    @Test
    void variableNameIsNotAKey() {
        assertThat(known.problemOf("QUERN_POOL_WORKERS"))
                .contains("unknown configuration key QUERN_POOL_WORKERS; did you mean quern.pool.workers?");
        assertThat(known.problemOf("Quern.pool.workers")).isPresent();
    }
}
