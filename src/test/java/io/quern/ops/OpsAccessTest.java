package io.quern.ops;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpsAccessTest {
    @ParameterizedTest
    @CsvSource({
        // operator keys, a known one sent, management interface, keys of the API: status
        "false, false, true, false, 200",
        "false, false, true, true, 200",
        "false, false, false, false, 200",
        "false, false, false, true, 403",
        "true, false, true, false, 401",
        "true, false, false, false, 401",
        "true, false, false, true, 401",
        "true, true, true, true, 200",
        "true, true, false, true, 200"
    })
    void accessDependsOnKeysAndPort(
            boolean guarded, boolean known, boolean management, boolean apiGuarded, int status) {
        assertThat(OpsAccess.status(guarded, known, management, apiGuarded)).isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource({
        "localhost, true",
        "127.0.0.1, true",
        "[::1], true",
        "[::ffff:127.0.0.1], true",
        "bad.cafe, false",
        "localhost.example, false",
        "127.0.0.1.example, false",
        "'', false"
    })
    void onlyUnownableNamesAreLocal(String host, boolean local) {
        assertThat(OpsAccess.isLocalName(host)).isEqualTo(local);
    }
}
