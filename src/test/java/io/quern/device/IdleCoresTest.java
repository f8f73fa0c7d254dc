package io.quern.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdleCoresTest {
    private static final long SECOND = 1_000_000_000;
    private static final long MILLI = 1_000_000;

    @TempDir
    Path root;

    private IdleCores cores;

    @BeforeEach
    void folder() throws IOException {
        Files.createDirectory(root.resolve("proc"));
        cores = new IdleCores(root);
    }

    @Test
    void firstLookIsUnknown() throws IOException {
        counters(5000, 100);
        assertThat(cores.look(0)).isEmpty();
    }

    @Test
    void secondLookAveragesOverTheTimeBetween() throws IOException {
        counters(5000, 100);
        cores.look(7 * SECOND);
        counters(5240, 110);
        assertThat(cores.look(9 * SECOND).orElseThrow())
                .as("idle or waiting for a disk")
                .isCloseTo(1.25, within(1e-9));
        counters(5240, 110);
        assertThat(cores.look(10 * SECOND)).hasValue(0);
    }

    @Test
    void lookTooSoonRepeatsTheLast() throws IOException {
        counters(0, 0);
        cores.look(0);
        counters(1000, 0);
        assertThat(cores.look(200 * MILLI - 1)).as("still unknown").isEmpty();
        counters(200, 0);
        assertThat(cores.look(SECOND).orElseThrow()).isCloseTo(2, within(1e-9));
        counters(900, 0);
        assertThat(cores.look(SECOND + 199 * MILLI).orElseThrow()).isCloseTo(2, within(1e-9));
        counters(220, 0);
        assertThat(cores.look(SECOND + 200 * MILLI).orElseThrow())
                .as("since the last look that counted")
                .isCloseTo(1, within(1e-9));
    }

    @Test
    void countersThatGoBackMeanNoIdleCores() throws IOException {
        counters(500, 500);
        cores.look(0);
        counters(500, 400);
        assertThat(cores.look(SECOND)).hasValue(0);
    }

    @Test
    void fileThatIsNoTextIsUnknown() throws IOException {
        Files.write(root.resolve("proc/stat"), new byte[] {(byte) 0xff, '\n'});
        assertThat(new IdleCores(root).look(0)).isEmpty();
    }

    @Test
    void missingFileIsUnknown() {
        assertThat(cores.look(0)).isEmpty();
        assertThat(cores.look(SECOND)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "cpu 1 2 3 400\n",
                "cpu 1 2 3 many 5 6\n",
                "cpu0 1 2 3 400 5 6\n",
                "intr 1 2 3 400 5 6\n",
                "cpu 1 2 3 99999999999999999999 5 6\n"
            })
    void oddFileIsUnknown(String text) throws IOException {
        Files.writeString(root.resolve("proc/stat"), text);
        assertThat(cores.look(0)).isEmpty();
        assertThat(cores.look(SECOND)).isEmpty();
    }

    @Test
    void afterGapTheFirstLookIsUnknown() throws IOException {
        counters(100, 0);
        cores.look(0);
        Files.delete(root.resolve("proc/stat"));
        assertThat(cores.look(SECOND)).isEmpty();
        counters(900, 0);
        assertThat(cores.look(2 * SECOND)).isEmpty();
        counters(1000, 0);
        assertThat(cores.look(3 * SECOND).orElseThrow()).isCloseTo(1, within(1e-9));
    }

    /** Writes a file of a machine with two cores. */
    private void counters(long idle, long ioWait) throws IOException {
        Files.writeString(root.resolve("proc/stat"), """
                cpu  11 22 33 %d %d 44 55 66 0 0
                cpu0 6 11 17 1 2 22 28 33 0 0
                cpu1 5 11 16 3 4 22 27 33 0 0
                intr 1234 5 6
                btime 1700000000
                """.formatted(idle, ioWait));
    }
}
