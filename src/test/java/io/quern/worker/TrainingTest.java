package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.StartsProcesses;
import io.quern.TestModels;
import io.quern.llama.TestNatives;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests the run for an AOT cache, which is also a complete session with an engine in the same process. */
@StartsProcesses
class TrainingTest {

    @Test
    void trainingRunsEverythingAndSucceeds() throws Exception {
        assertThat(train("--llama=" + TestNatives.folder(), "--model=" + TestModels.demo()))
                .isEqualTo("0 ");
    }

    @Test
    void trainingWithoutModelLoadsTheLibraries() throws Exception {
        assertThat(train("--llama=" + TestNatives.folder())).isEqualTo("0 ");
    }

    @Test
    void trainingWithInvalidModelFails() throws Exception {
        assertThat(train("--llama=" + TestNatives.folder(), "--model=" + Path.of("pom.xml")))
                .startsWith("65 ")
                .contains("cannot load the model pom.xml");
    }

    private static String train(String... arguments) throws Exception {
        List<String> command = WorkerProcess.command();
        command.add("--train");
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() + " " + output;
    }
}
