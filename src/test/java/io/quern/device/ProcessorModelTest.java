package io.quern.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorModelTest {
    @TempDir
    Path folder;

    @Test
    void firstProcessorIsDescribedWithoutWhatChanges() throws IOException {
        assertThat(described(
                        "processor\t: 0\nmodel name\t: EPYC\ncpu MHz\t: 2400\nflags\t: avx2\n\nmodel name\t: other\n"))
                .isEqualTo("model name\t: EPYC\nflags\t: avx2");
    }

    @Test
    void armProcessorsDiffer() throws IOException {
        String one = described("processor\t: 0\nFeatures\t: fp asimd\nCPU part\t: 0xd0c\n");
        assertThat(one).contains("0xd0c");
        assertThat(described("processor\t: 0\nFeatures\t: fp asimd\nCPU part\t: 0xd4f\n"))
                .isNotEqualTo(one);
    }

    @Test
    void architectureRemainsIfNothingIsKnown() throws IOException {
        String architecture = System.getProperty("os.arch");
        assertThat(ProcessorModel.in(folder.resolve("missing"))).isEqualTo(architecture);
        assertThat(described("processor\t: 0\n")).isEqualTo(architecture);
    }

    @Test
    void bytesThatAreNoTextAreRead() throws IOException {
        assertThat(described("model name\t: \u00ff\n")).startsWith("model name");
    }

    private String described(String cpuInfo) throws IOException {
        Path file = Files.write(folder.resolve("cpuinfo"), cpuInfo.getBytes(StandardCharsets.ISO_8859_1));
        return ProcessorModel.in(file);
    }
}
