package io.quern.settings;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShortPathsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cannot open /srv/models/a.gguf: no such file | cannot open a.gguf: no such file",
                "/usr/lib/jvm/bin/java -jar /opt/app/run.jar | java -jar run.jar",
                "'in /sys/fs/cgroup/memory.max, (/proc/1/status)' | 'in memory.max, (status)'",
                "model C:\\models\\a.gguf | model a.gguf",
                "GET /health, 4/5 slots, and/or, a 50/50 chance | GET /health, 4/5 slots, and/or, a 50/50 chance",
                "see http://localhost:9000/q/health/live | see http://localhost:9000/q/health/live"
            })
    void pathIsShortenedToLastName(String text, String shortened) {
        assertThat(ShortPaths.in(text)).isEqualTo(shortened);
    }
}
