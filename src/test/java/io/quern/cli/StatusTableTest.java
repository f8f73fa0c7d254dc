package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusTableTest {
    private static final EngineStatus ENGINE = new EngineStatus(
            4711L,
            "http://127.0.0.1:8080/v1",
            "http://127.0.0.1:9000/q",
            Instant.EPOCH,
            null,
            200L << 20,
            "ready",
            null,
            null,
            2,
            1,
            List.of(
                    new EngineStatus.Worker(0, 4730L, "demo", "ready", null, 4, 2, 35.21, 120L << 20, 60L << 20, 0),
                    new EngineStatus.Worker(1, null, "demo", "starting", "load 40%", 0, 0, null, null, null, 3)));

    private static List<String> print(int width, EngineStatus... engines) {
        StringWriter text = new StringWriter();
        PrintWriter writer = new PrintWriter(text);
        new StatusTable(new Output(false, false, writer, writer), width).print(List.of(engines));
        return text.toString().lines().toList();
    }

    @Test
    void workersAreATable() {
        assertThat(print(120, ENGINE))
                .containsExactly(
                        "engine 4711  http://127.0.0.1:8080/v1",
                        "  ready, 2 running, 1 waiting, RSS 200 MiB",
                        "WORKER  PID   MODEL  STATE                SLOTS  TOKENS/S  RSS      PSS     RESTARTS",
                        "0       4730  demo   ready                2/4    35.2      120 MiB  60 MiB  0",
                        "1       -     demo   starting (load 40%)  0/0    -         -        -       3");
    }

    @Test
    void narrowTerminalGetsLines() {
        assertThat(print(40, ENGINE))
                .contains("worker 0, pid 4730, ready", "  slots 2/4, 35.2 tokens/s", "  RSS 120 MiB, PSS 60 MiB")
                .filteredOn(line -> line.startsWith("worker") || line.startsWith("  "))
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(44));
    }

    @Test
    void engineThatCannotBeAskedSaysWhy() {
        EngineStatus silent = new EngineStatus(
                5L, "http://h/v1", "http://h/q", null, null, null, null, null, "it\u001b[2J hangs", 0, 0, List.of());
        assertThat(print(80, silent)).containsExactly("engine 5  http://h/v1", "  not reachable: it\\u001b[2J hangs");
    }
}
