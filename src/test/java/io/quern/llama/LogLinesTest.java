package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogLinesTest {
    private static final int INFO = 2;
    private static final int WARN = 3;
    private static final int ERROR = 4;
    private static final int CONTINUE = 5;

    private final List<String> seen = new ArrayList<>();
    private final LogLines lines = new LogLines(LogLevel.WARN, (level, line) -> seen.add(level + " " + line));

    @Test
    void fragmentsAreJoinedToALine() {
        feed(WARN, "load: ");
        feed(CONTINUE, "tensor ");
        feed(CONTINUE, "missing\n");
        assertThat(seen).containsExactly("WARN load: tensor missing");
    }

    @Test
    void newLevelEndsUnfinishedLine() {
        feed(WARN, "half");
        feed(ERROR, "whole\n");
        assertThat(seen).containsExactly("WARN half", "ERROR whole");
    }

    @Test
    void fragmentOfSeveralLinesDropsBlankOnes() {
        feed(ERROR, "one\n\ntwo\nthr");
        feed(CONTINUE, "ee\n");
        assertThat(seen).containsExactly("ERROR one", "ERROR two", "ERROR three");
    }

    @Test
    void continuationOfDroppedLineIsNotRead() {
        feed(INFO, "noise ");
        lines.fragment(CONTINUE, () -> {
            throw new AssertionError("the text of a dropped line was read");
        });
        feed(ERROR, "news\n");
        assertThat(seen).containsExactly("ERROR news");
    }

    @Test
    void endlessLineIsCut() {
        for (int i = 0; i < 100; i++) {
            feed(i == 0 ? ERROR : CONTINUE, "x".repeat(1000));
        }
        feed(CONTINUE, "\n");
        assertThat(seen).hasSize(1);
        assertThat(seen.getFirst()).hasSize("ERROR ".length() + 8192);
    }

    private void feed(int code, String text) {
        lines.fragment(code, () -> text);
    }
}
