package io.quern.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProbeArgumentsTest {

    @Test
    void defaultsProbeThisMachineWithoutLlamaCpp() {
        assertThat(ProbeArguments.parse())
                .isEqualTo(new ProbeArguments(
                        Path.of("/"), Optional.empty(), Optional.empty(), Optional.empty(), OptionalLong.empty()));
    }

    @Test
    void eachArgumentIsAPath() {
        assertThat(ProbeArguments.parse("--llama=/l=l", "--root=/r", "--nvml=/n", "--nvidia-smi=/s"))
                .isEqualTo(new ProbeArguments(
                        Path.of("/r"),
                        Optional.of(Path.of("/n")),
                        Optional.of(Path.of("/s")),
                        Optional.of(Path.of("/l=l")),
                        OptionalLong.empty()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--rot=/", "root=/", "--root", "--root=", "", "--=x"})
    void unknownArgumentsAreRefused(String argument) {
        assertThatThrownBy(() -> ProbeArguments.parse(argument))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("unknown argument '" + argument + "'");
    }

    @Test
    void duplicateArgumentIsRefused() {
        assertThatThrownBy(() -> ProbeArguments.parse("--root=/a", "--root=/b"))
                .hasMessageContaining("--root is given twice");
    }
}
