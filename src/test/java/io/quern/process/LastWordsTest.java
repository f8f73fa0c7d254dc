package io.quern.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LastWordsTest {
    private static final String ASSERTION = "/build/ggml/src/ggml-cpu/ops.cpp:4711: GGML_ASSERT(n_dims <= 4) failed";

    @Test
    void assertionIsFoundBeforeItsBacktrace() {
        List<String> lines =
                List.of("loading", ASSERTION, "/lib/libggml-base.so(+0x1bd3b)[0x7f6e]", "./launcher(main+0x1f)[0x55]");
        assertThat(LastWords.abort(lines)).contains(ASSERTION);
        assertThat(LastWords.of(lines)).contains(ASSERTION);
    }

    @Test
    void assertionInsideALineIsCutOut() {
        assertThat(LastWords.abort(List.of("it ended with signal 6 (ABRT): " + ASSERTION)))
                .contains(ASSERTION);
    }

    @Test
    void withoutAnAssertionTheLastLineCounts() {
        List<String> lines = List.of("WARN llama.cpp: slow", "Connecting to 127.0.0.1:8080: refused");
        assertThat(LastWords.abort(lines)).isEmpty();
        assertThat(LastWords.of(lines)).contains(lines.getLast());
        assertThat(LastWords.of(List.of())).isEmpty();
    }
}
