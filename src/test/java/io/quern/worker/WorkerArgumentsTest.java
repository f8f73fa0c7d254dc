package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkerArgumentsTest {

    @Test
    void allArgumentsAreRead() {
        assertThat(parse("--worker=3 --socket=s --parent=42 --model=m.gguf --verbose --forked"))
                .isEqualTo(new WorkerArguments(
                        OptionalLong.of(42), true, new WorkerArguments.Serve(3, Path.of("s"), true)));
    }

    @Test
    void optionalArgumentsHaveDefaults() {
        assertThat(parse("--socket=s --model=a=b.gguf"))
                .isEqualTo(new WorkerArguments(
                        OptionalLong.empty(), false, new WorkerArguments.Serve(0, Path.of("s"), false)));
    }

    @Test
    void trainingNeedsNeitherEngineNorModel() {
        assertThat(parse("--train --llama=dir").run())
                .isEqualTo(new WorkerArguments.Train(Path.of("dir"), Optional.empty()));
        assertThat(parse("--train --llama=dir --model=m.gguf").run())
                .isEqualTo(new WorkerArguments.Train(Path.of("dir"), Optional.of(Path.of("m.gguf"))));
    }

    @Test
    void measuringHasNumbersOfThreadsAndStreams() {
        assertThat(parse("--measure --llama=dir --model=m.gguf --threads=1,7 --streams=32")
                        .run())
                .isInstanceOfSatisfying(WorkerArguments.Measure.class, measure -> {
                    assertThat(measure.threads()).containsExactly(1, 7);
                    assertThat(measure.streams()).containsExactly(32);
                    assertThat(measure.background()).isFalse();
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--socket=s                         | --model=PATH is missing",
                "--train --model=m                  | --llama=PATH is missing",
                "--model=m                          | --socket=PATH is missing",
                "--model=m --socket=                | --socket=PATH is missing",
                "--socket=s --model=m --worker=-1   | --worker must be a whole number from 0 to 2147483647, but is '-1'",
                "--parent=x --socket=s --model=m | --parent must be a whole number from 1 to 9223372036854775807, but is 'x'",
                "--measure --llama=d --model=m --threads=0 | --threads must be a whole number from 1 to 1024, but is '0'",
                "--measure --llama=d --model=m --threads=1 | --streams must be a whole number from 1 to 1024, but is ''",
                "--forked=yes                       | unknown argument '--forked=yes'",
                "--model=m --model=n                | --model is given twice",
                "--colour=red                       | unknown argument '--colour=red'",
                "--verbose=yes                      | unknown argument '--verbose=yes'",
                "model.gguf                         | unknown argument 'model.gguf'"
            })
    void wrongArgumentsAreReportedInOneLine(String line, String message) {
        assertThatThrownBy(() -> parse(line))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private static WorkerArguments parse(String line) {
        return WorkerArguments.parse(line.split(" "));
    }
}
