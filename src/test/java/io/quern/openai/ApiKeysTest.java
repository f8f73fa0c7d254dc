package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeysTest {
    private final ApiKeys keys = new ApiKeys(List.of("sk-one", " sk-two "));

    @ParameterizedTest
    @ValueSource(strings = {"Bearer sk-one", "bearer sk-two", "BEARER  sk-one "})
    void configuredKeyIsAccepted(String authorization) {
        assertThat(keys.client(authorization, "10.0.0.1")).isPresent();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "sk-one", "Basic sk-one", "Bearer", "Bearer ", "Bearer sk-on", "Bearer sk-one x"})
    void anyOtherHeaderIsRefused(String authorization) {
        assertThat(keys.client(authorization, "10.0.0.1")).isEmpty();
    }

    @Test
    void clientIsIdentifiedByItsKey() {
        assertThat(keys.client("Bearer sk-two", "10.0.0.1")).isEqualTo(keys.client("bearer sk-two", "10.0.0.2"));
        assertThat(keys.client("Bearer sk-one", "10.0.0.1"))
                .isPresent()
                .isNotEqualTo(keys.client("Bearer sk-two", "10.0.0.1"));
        assertThat(keys.client("Bearer sk-three", "10.0.0.1")).isEmpty();
    }

    /** A comparison byte by byte takes less time the earlier two texts differ, which reveals parts of a key. */
    @Test
    void keysAreComparedOnlyInConstantTime() {
        JavaClass type = new ClassFileImporter().importClass(ApiKeys.class);
        List<String> comparisons = type.getMethodCallsFromSelf().stream()
                .map(call -> call.getTargetOwner().getSimpleName() + "." + call.getName())
                .filter(call ->
                        call.matches(".*\\.(equals|isEqual|compare|compareTo|contentEquals|contains|indexOf|mismatch)"))
                .toList();
        assertThat(comparisons).containsExactly("MessageDigest.isEqual");
    }

    @Test
    void withoutKeysClientIsIdentifiedByAddress() {
        ApiKeys none = new ApiKeys(List.of());
        assertThat(none.client(null, "10.0.0.1")).isEqualTo(none.client("Bearer any", "10.0.0.1"));
        assertThat(none.client(null, "10.0.0.1")).isPresent().isNotEqualTo(none.client(null, "10.0.0.2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gr\u00f6\u00dfe", "a b", "a\tb", "a\u0000", "", "a\u007f"})
    void unsendableKeyIsRefusedWithoutBeingQuoted(String key) {
        assertThatThrownBy(() -> ApiKeys.check(Optional.of(List.of("sk-one", key)), true, 1000))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("quern.openai.api-keys: no client can send key 2 of 2, because it is empty or")
                .hasMessageNotContaining("sk-one");
    }

    @Test
    void keyLongerThanHeaderLimitIsRefused() {
        assertThatThrownBy(() -> ApiKeys.check(Optional.of(List.of("k".repeat(1000))), true, 1000))
                .hasMessageContaining("its 1000 characters do not fit into quarkus.http.limits.max-header-size (1000");
        assertThatCode(() -> ApiKeys.check(Optional.of(List.of("k".repeat(900))), true, 1000))
                .doesNotThrowAnyException();
    }

    @Test
    void settingWithoutKeyIsRefused() {
        assertThatThrownBy(() -> ApiKeys.check(Optional.empty(), true, 1000))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("contains no key");
        assertThatCode(() -> ApiKeys.check(Optional.empty(), false, 1000)).doesNotThrowAnyException();
    }

    @Test
    void warningAboutShortKeysDoesNotQuoteThem() {
        assertThat(ApiKeys.weakness(List.of("k".repeat(16), "secret")))
                .hasValueSatisfying(warning -> assertThat(warning)
                        .startsWith("quern.openai.api-keys: 1 of 2 keys have fewer than 16 characters")
                        .doesNotContain("secret"));
        assertThat(ApiKeys.weakness(List.of("k".repeat(16)))).isEmpty();
        assertThat(ApiKeys.weakness(List.of())).isEmpty();
    }
}
