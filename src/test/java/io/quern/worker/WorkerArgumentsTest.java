package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkerArgumentsTest {

    @Test
    void all_arguments_are_read() {
        assertThat(
                        parse(
                                "--worker=3 --socket=s --parent=42 --numa-node=8 --model=m.gguf --slots=8 --context-length=2048 --threads=2 --flash-attention"
                                        + " --llama=dir --step-millis=20 --max-frame-bytes=4096 --state-bytes=65536 --state-permille=20 --verbose --faults"))
                .isEqualTo(new WorkerArguments(
                        new SessionOptions(
                                3,
                                Path.of("m.gguf"),
                                8,
                                2048,
                                2,
                                true,
                                Path.of("dir"),
                                Inherited.NOTHING,
                                20,
                                false,
                                65536,
                                0.02,
                                true),
                        Path.of("s"),
                        42,
                        OptionalInt.of(8),
                        4096,
                        false,
                        false,
                        true,
                        false));
    }

    @Test
    void what_may_be_left_out_has_a_default() {
        WorkerArguments arguments = parse("--socket=s --model=a=b.gguf --llama=dir");
        assertThat(arguments.session())
                .isEqualTo(new SessionOptions(
                        0,
                        Path.of("a=b.gguf"),
                        4,
                        0,
                        1,
                        false,
                        Path.of("dir"),
                        Inherited.NOTHING,
                        50,
                        true,
                        0,
                        0,
                        false));
        assertThat(arguments.numaNode()).isEmpty();
        assertThat(arguments.maxFrameBytes()).isEqualTo(32 << 20);
        assertThat(arguments.forked()).isFalse();
        assertThat(parse("--socket=s --model=m --llama=dir --forked").forked()).isTrue();
        assertThat(arguments.sealed()).isFalse();
        assertThat(parse("--socket=s --model=m --llama=dir --sealed").sealed()).isTrue();
    }

    @Test
    void training_needs_neither_engine_nor_model() {
        WorkerArguments arguments = parse("--train --llama=dir");
        assertThat(arguments.train()).isTrue();
        assertThat(arguments.socket()).isNull();
        assertThat(arguments.session().model()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--socket=s --llama=d               | --model=PATH is missing",
                "--socket=s --model=m               | --llama=PATH is missing",
                "--model=m --llama=d                | --socket=PATH is missing",
                "--model=m --llama=d --socket=      | --socket=PATH is missing",
                "--slots=0 --model=m                | --slots must be a whole number from 1 to 256, is '0'",
                "--slots=257 --model=m              | --slots must be a whole number from 1 to 256, is '257'",
                "--flash-attention=yes              | unknown argument '--flash-attention=yes'",
                "--threads=x --model=m --llama=d    | --threads must be a whole number from 1 to 512, is 'x'",
                "--numa-node=-1 --model=m --llama=d | --numa-node must be a whole number from 0 to 1023, is '-1'",
                "--context-length=-1 --model=m      | --context-length must be a whole number from 0 to 2147483647, is '-1'",
                "--model=m --model=n                | --model is given twice",
                "--colour=red                       | unknown argument '--colour=red'",
                "--verbose=yes                      | unknown argument '--verbose=yes'",
                "model.gguf                         | unknown argument 'model.gguf'"
            })
    void wrong_arguments_are_told_in_one_line(String line, String message) {
        assertThatThrownBy(() -> parse(line))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private static WorkerArguments parse(String line) {
        return WorkerArguments.parse(line.split(" "));
    }
}
