package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.ConfigSourceInterceptorFactory;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LiteralKeysTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "sk-a$b",
                "sk-a$$b",
                "$",
                "$$",
                "$$$",
                "a$",
                "$}",
                "{$}",
                "$(x)",
                "a\\b",
                "a\\\\b",
                "a\\n",
                "%20#!;:="
            })
    void charactersOfKeyStayUnchanged(String key) {
        assertThat(keys(key)).containsExactly(key);
        assertThat(keys("first," + key + ",last")).containsExactly("first", key, "last");
    }

    @Test
    void commaSeparatesUnlessEscaped() {
        assertThat(keys("a,b")).containsExactly("a", "b");
        assertThat(keys("a\\,b,c")).containsExactly("a,b", "c");
        assertThat(keys("a,,b,")).containsExactly("a", "b");
        assertThat(keys("a,x\\")).containsExactly("a", "x\\");
    }

    @Test
    void referenceIsReplacedByLiteralValue() {
        assertThat(keys("${SECRET}")).containsExactly("s$$e\\c$ret");
        assertThat(keys("sk-${SECRET},$$x")).containsExactly("sk-s$$e\\c$ret", "$$x");
        assertThat(keys("${OTHER:fallback}")).containsExactly("fallback");
        assertThat(keys("${NESTED}")).containsExactly("n-s$$e\\c$ret");
    }

    @Test
    void escapedReferenceIsText() {
        assertThat(keys("\\${SECRET}")).containsExactly("${SECRET}");
        assertThat(keys("$${SECRET}")).containsExactly("${SECRET}");
    }

    @Test
    void indexedElementMayContainCommas() {
        assertThat(read(Map.of("quern.openai.api-keys[0]", "a,b\\c$$", "quern.openai.api-keys[1]", "second")))
                .containsExactly("a,b\\c$$", "second");
    }

    private static List<String> keys(String value) {
        return read(Map.of("quern.openai.api-keys", value, "SECRET", "s$$e\\c$ret", "NESTED", "n-${SECRET}"));
    }

    private static List<String> read(Map<String, String> values) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withInterceptorFactories(LiteralKeys.interceptors().toArray(ConfigSourceInterceptorFactory[]::new))
                .addDiscoveredConverters()
                .withSources(new PropertiesConfigSource(values, "a test", 100))
                .withMapping(OpenAiConfig.class)
                .build()
                .getConfigMapping(OpenAiConfig.class)
                .apiKeys()
                .orElse(List.of());
    }
}
