package io.quern.libraries;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.llama.TestNatives;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AmxBackendTest {
    @Test
    @EnabledOnOs(OS.LINUX)
    @EnabledIf(value = "io.quern.device.ProcessorModel#isX86", disabledReason = "AMX is part of x86")
    void applicationContainsIt(@TempDir Path empty) {
        assertThat(AmxBackend.in(TestNatives.folder())).isTrue();
        assertThat(AmxBackend.in(empty)).isFalse();
    }
}
