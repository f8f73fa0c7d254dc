package io.quern.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.cli.CalibrationConfig;
import io.quern.cli.HttpConfig;
import io.quern.cli.ShutdownConfig;
import io.quern.model.ModelConfig;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests every key, as an engine reads it, with values that have no meaning. */
class ConfiguredValuesTest {
    private static final List<Class<?>> OWN_MAPPINGS =
            List.of(ShutdownConfig.class, HttpConfig.class, CalibrationConfig.class);
    private static final Set<String> OWN = MappedKeys.of(OWN_MAPPINGS);

    static Stream<String> keys() {
        return Stream.concat(EngineKeys.ALL.stream(), OWN.stream()).sorted();
    }

    static Stream<String> booleans() {
        return EngineKeys.BOOLEANS.stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("keys")
    void referenceToUnsetVariableIsRefusedByName(String key) {
        refuses(Map.of(key, "a${NOPE_1}"), key + " refers to ${NOPE_1}, which is not set (a test)");
    }

    @ParameterizedTest
    @MethodSource("keys")
    void defaultOfUnsetVariableIsUsed(String key) {
        String usable = EngineKeys.BOOLEANS.contains(key) ? "true" : "1";
        assertThat(reader(Map.of(key, "${NOPE_1:" + usable + "}"))
                        .getConfigValue(key)
                        .getValue())
                .isEqualTo(usable);
    }

    @ParameterizedTest
    @MethodSource("keys")
    void blankValueIsRefused(String key) {
        refuses(Map.of(key, "  "), key + (key.endsWith(".api-keys") ? " contains no key" : " is empty"));
    }

    @ParameterizedTest
    @MethodSource("keys")
    void emptyValueIsRefusedUnlessKeyIsOptional(String key) {
        if (key.endsWith(".api-keys")) {
            refuses(Map.of(key, ""), key + " contains no key (a test)");
        } else if (EngineKeys.OPTIONAL.contains(key)) {
            // a model of its own needs a file; for other keys this is one more valid value
            assertThatCode(() -> config(Map.of(key, "", "quern.models.*.model", "demo")))
                    .doesNotThrowAnyException();
        } else {
            refuses(Map.of(key, ""), key + " is empty (a test)");
        }
    }

    @ParameterizedTest
    @MethodSource("keys")
    void undecodableValueIsRefused(String key) {
        refuses(Map.of(key, "gr\ufffd\ufffde"), key + " contains characters that cannot be decoded", "LC_ALL=C.UTF-8");
    }

    @ParameterizedTest
    @MethodSource("booleans")
    void booleanWithUnknownWordIsRefused(String key) {
        refuses(Map.of(key, "ture"), key + " is ture (a test); it must be true or false");
    }

    @Test
    void allBooleanAndOptionalKeysAreListed() {
        assertThat(EngineKeys.BOOLEANS)
                .containsAll(MappedKeys.in(EngineKeys.MAPPINGS).booleans())
                .containsAll(MappedKeys.in(OWN_MAPPINGS).booleans());
        assertThat(EngineKeys.OPTIONAL)
                .containsAll(MappedKeys.in(EngineKeys.MAPPINGS).optional())
                .containsAll(MappedKeys.in(OWN_MAPPINGS).optional());
    }

    /** quarkus-rest recognises only "false". */
    @ParameterizedTest
    @ValueSource(strings = {"no", "FALSE", "0", " false"})
    void endpointSwitchAcceptsOnlyTrueOrFalse(String value) {
        refuses(Map.of("quern.ops.enabled", value), "quern.ops.enabled is " + value);
        refuses(Map.of("quern.openai.enabled", value), "quern.openai.enabled is " + value);
    }

    @Test
    void elementsOfListAreCheckedIndividually() {
        refuses(Map.of("quern.worker.jvm-options[0]", "${NOPE}"), "quern.worker.jvm-options[0] refers to ${NOPE}");
        refuses(Map.of("quern.openai.api-keys[1]", ""), "quern.openai.api-keys[1] contains no key");
    }

    @Test
    void onlyCommasCountAsEmpty() {
        refuses(Map.of("quern.worker.devices", ",,"), "quern.worker.devices is empty");
    }

    @Test
    void severalProblemsAreReportedTogether() {
        refuses(
                Map.of("quern.model", "", "quern.worker.threads", "${NOPE}"),
                "quern.model is empty",
                "quern.worker.threads refers to ${NOPE}");
    }

    @Test
    void otherKeysAreIgnored() {
        assertThat(config(Map.of("other.key", "${NOPE}", "quarkus.x", "", "quern.model-name", "größe"))
                        .getConfigMapping(ModelConfig.class)
                        .modelName())
                .contains("größe");
    }

    private static void refuses(Map<String, String> values, String... messages) {
        assertThatThrownBy(() -> config(values))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContainingAll(messages);
    }

    private static SmallRyeConfig config(Map<String, String> values) {
        SmallRyeConfigBuilder builder = builder(values).addDiscoveredConverters();
        EngineKeys.MAPPINGS.forEach(builder::withMapping);
        OWN_MAPPINGS.forEach(builder::withMapping);
        return builder.build();
    }

    /** Reads values without mappings, so that types do not matter. */
    private static SmallRyeConfig reader(Map<String, String> values) {
        return builder(values).build();
    }

    private static SmallRyeConfigBuilder builder(Map<String, String> values) {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withSources(new PropertiesConfigSource(values, "a test", 100));
        new KeysCheckedHere().configBuilder(builder);
        return builder;
    }
}
