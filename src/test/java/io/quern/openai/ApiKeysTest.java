package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeysTest {
    private final ApiKeys keys = new ApiKeys(List.of("sk-one", " sk-two "));

    @ParameterizedTest
    @ValueSource(strings = {"Bearer sk-one", "bearer sk-two", "BEARER  sk-one "})
    void aConfiguredKeyOpens(String authorization) {
        assertThat(keys.admit(authorization)).isTrue();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "sk-one", "Basic sk-one", "Bearer", "Bearer ", "Bearer sk-on", "Bearer sk-one x"})
    void nothingElseDoes(String authorization) {
        assertThat(keys.admit(authorization)).isFalse();
    }

    @Test
    void aClientIsAKeyWhoeverSendsIt() {
        assertThat(keys.client("Bearer sk-two", "10.0.0.1")).isEqualTo(keys.client("bearer sk-two", "10.0.0.2"));
        assertThat(keys.client("Bearer sk-one", "10.0.0.1"))
                .isPresent()
                .isNotEqualTo(keys.client("Bearer sk-two", "10.0.0.1"));
        assertThat(keys.client("Bearer sk-three", "10.0.0.1")).isEmpty();
    }

    @Test
    void withoutKeysAClientIsAnAddress() {
        ApiKeys none = new ApiKeys(List.of());
        assertThat(none.client(null, "10.0.0.1")).isEqualTo(none.client("Bearer any", "10.0.0.1"));
        assertThat(none.client(null, "10.0.0.1")).isPresent().isNotEqualTo(none.client(null, "10.0.0.2"));
    }

    @Test
    void withoutKeysTheApiIsOpen() {
        assertThat(new ApiKeys(List.of()).admit(null)).isTrue();
    }
}
