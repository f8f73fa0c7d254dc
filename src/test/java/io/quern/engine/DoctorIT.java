package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands of the packaged application as a user does. */
class DoctorIT {
    /** The beginning of every command, as a user types it. */
    private static final String COMMAND =
            PackagedEngine.isNative() ? PackagedEngine.command(List.of()).getFirst() : "java -jar quarkus-run.jar";

    @TempDir
    Path home;

    private record Run(int exitCode, String out, String err) {}

    @Test
    void reportsTheMachineAndTheDecision() throws Exception {
        Run run = run(Map.of("QUERN_POOL_WORKERS", "1", "QUERN_WORKER_SLOTS", "4"), "doctor");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("computes on      CPU")
                .containsPattern(
                        "memory           fits: \\d+ MiB \\(weights 3.11 MiB \\+ KV cache 4 slots x 1024 tokens")
                .contains("network          this machine only (quarkus.http.host=127.0.0.1), without a key")
                .contains("start method     ")
                .contains("(requested: auto)")
                .contains("not fork       ")
                .contains("guard            parent-death-signal: a child ended ")
                .contains("guard            end-of-stream: a child ended ")
                .contains("guard            parent-check: a child with a wrong parent id ended with exit code 70")
                .contains("guard            run-file: writable below ")
                .doesNotContain("NOT ACTIVE: a child", "could not be tested")
                .endsWith("workers can start\n");
    }

    @Test
    void openAddressWithoutKeyGivesWarning() throws Exception {
        Run run = run(Map.of("QUARKUS_HTTP_HOST", "0.0.0.0"), "doctor");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("network          WARNING: Anyone who can reach 0.0.0.0 may use the API: ")
                .endsWith("workers can start; see the warnings above\n");
    }

    @Test
    void optionsSimulateAnotherMachine() throws Exception {
        Run run = run(
                Map.of(), "doctor", "--set", "device=nvidia", "--set", "device-initialised=true", "--method", "fork");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("start method     spawn (requested: fork)")
                .contains("rule           device-initialised: ")
                .containsPattern("WARNING +start method fork is not possible: the launcher already uses a device"
                        + ".*; the engine starts workers by spawn instead"
                        + " \\(docs/troubleshooting/start-methods.md#device-initialised\\)");
    }

    @Test
    void topologyOfAnotherMachineIsExplained() throws Exception {
        Run run = run(
                Map.of(),
                "doctor",
                "--set=device=none",
                "--set=launcher=true",
                "--set=cpus=64",
                "--set=numa-nodes=2",
                "--set=memory=256G",
                "--set=weights=40G");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("topology         2 workers x 31 threads x ")
                .containsPattern("  workers +2: the weights are shared, and 31 threads for each");
        assertThat(run(Map.of(), "doctor", "--set=weights=heavy").err()).contains("--set weights must be a size");
    }

    @Test
    void jsonContainsTheDecision() throws Exception {
        Run run = run(
                Map.of("VLLM_WORKER_MULTIPROC_METHOD", "forkserver"),
                "doctor",
                "--json",
                "--set",
                "device=xpu",
                "--set",
                "launcher=true");
        JsonNode json = new ObjectMapper().readTree(run.out());
        assertThat(json.at("/canStart").asBoolean()).isTrue();
        assertThat(json.at("/decision/method").asText()).isEqualTo("spawn");
        assertThat(json.at("/decision/requested").asText()).isEqualTo("forkserver");
        assertThat(json.at("/decision/rules/0/id").asText()).isEqualTo("xpu");
        assertThat(json.at("/devices/devices/0/vendor").asText()).isEqualTo("xpu");
    }

    @Test
    void eachOfSeveralModelsIsExamined() throws Exception {
        String[] models = {
            "-Dquern.models.one.model=demo",
            "-Dquern.models.one.pinned=true",
            "-Dquern.models.two.model=demo",
            "-Dquern.models.two.pinned=true",
            "-Dquern.models.huge.model=demo",
            "-Dquern.models.huge.slots=256",
            "-Dquern.models.huge.context-length=8000000"
        };
        Run run = run(Map.of(), arguments(models, "doctor", "--set", "device=none"));
        assertThat(run.exitCode()).as(run.out()).isZero();
        assertThat(run.out())
                .containsPattern("model {12}one \\(pinned\\): /\\S+demo.gguf\n")
                .containsPattern("memory {11}one \\(pinned\\): fits: \\d+ MiB")
                .containsPattern("memory {11}two \\(pinned\\): fits: .* for one")
                .contains("memory           WARNING: huge: the model needs ")
                .containsPattern("memory {11}pinned models together: \\d+ MiB \\+ engine \\d+ MiB of ")
                .endsWith("workers can start; see the warnings above\n");
        Run json = run(Map.of(), arguments(models, "doctor", "--json", "--set", "device=none"));
        JsonNode found = new ObjectMapper().readTree(json.out()).path("models");
        assertThat(found.findValuesAsText("name")).containsExactly("huge", "one", "two");
        assertThat(found.at("/1/pinned").asBoolean()).isTrue();
        assertThat(found.at("/1/file").asText()).endsWith("demo.gguf");
        assertThat(found.at("/0/memory").asText()).contains("256 slots x 8000000 tokens");
        Run absent = run(Map.of("QUERN_MODEL", "hf:tiny/none-GGUF"), "doctor", "--set", "device=none");
        assertThat(absent.exitCode()).as(absent.out()).isZero();
        assertThat(absent.out())
                .contains("model            WARNING: it is not on this machine; an engine downloads it first\n");
        Run missing = run(Map.of(), arguments(models, "doctor", "-Dquern.models.gone.model=/none.gguf"));
        assertThat(missing.exitCode()).isEqualTo(1);
        assertThat(missing.out()).contains("model            PROBLEM: gone: ", "/none.gguf");
    }

    @Test
    void brokenModelBesideOthersIsAWarning() throws Exception {
        String broken = "-Dquern.models.broken.model="
                + Files.writeString(home.resolve("broken.gguf"), "no model").toAbsolutePath();
        Run alone = run(Map.of(), "doctor", broken, "--set", "device=none");
        assertThat(alone.exitCode()).as(alone.out()).isEqualTo(1);
        assertThat(alone.out()).contains("model            PROBLEM: ", "it is not a GGUF model");
        Run beside = run(Map.of(), "doctor", broken, "-Dquern.models.one.model=demo", "--set", "device=none");
        assertThat(beside.exitCode()).as(beside.out()).isZero();
        assertThat(beside.out())
                .contains("model            WARNING: broken: its requests are refused, because Cannot use model ");
    }

    private static String[] arguments(String[] settings, String... command) {
        List<String> all = new ArrayList<>(List.of(command));
        all.addAll(List.of(settings));
        return all.toArray(String[]::new);
    }

    @Test
    void exitCodeIsOneIfWorkersCannotStart() throws Exception {
        Run run = run(Map.of("QUERN_MODEL", "/no/such/model.gguf"), "doctor", "--set", "device=none");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .contains("PROBLEM: ")
                .contains("/no/such/model.gguf")
                .contains("workers CANNOT start");
        Run large = run(
                Map.of("QUERN_WORKER_SLOTS", "256", "QUERN_WORKER_CONTEXT_LENGTH", "8000000"),
                "doctor",
                "--set",
                "device=none");
        assertThat(large.exitCode()).isEqualTo(1);
        assertThat(large.out())
                .contains("memory           PROBLEM: the model needs ")
                .contains("KV cache 256 slots x 8000000 tokens x 4 KiB = 7.63 TiB");
        Run inside = run(Map.of("QUERN_INSIDE_WORKER", "0"), "doctor", "--set", "device=none");
        assertThat(inside.exitCode()).isEqualTo(1);
        assertThat(inside.err()).contains("within worker 0");
    }

    @Test
    void misuseIsExplained() throws Exception {
        assertThat(run(Map.of(), "doctor", "--set", "color=red"))
                .satisfies(run -> assertThat(run.exitCode()).isEqualTo(2))
                .satisfies(
                        run -> assertThat(run.err()).contains("--set color is unknown; the known keys are device, "));
        assertThat(run(Map.of(), "doctor", "--method", "threads").err()).contains("--method is \"threads\"");
        assertThat(run(Map.of(), "docter").err()).contains("Did you mean: " + COMMAND + " doctor");
    }

    @Test
    void launcherCommandPrintsItsPath() throws Exception {
        Run run = run(Map.of(), "launcher");
        if (EngineProcess.hasLauncher()) {
            assertThat(Path.of(run.out().strip())).startsWith(home).isExecutable();
        } else {
            assertThat(run.exitCode()).isEqualTo(1);
        }
    }

    @Test
    void noexecHomeIsProblemNotFailedGuard() throws Exception {
        Confinement.open(home);
        Path data = Files.createDirectory(home.resolve("data"));
        List<String> noexec = Confinement.readOnlyBut(data, "size=512m,noexec", "ro");
        Run run = run(noexec, Map.of("QUERN_HOME", data.toString()), "doctor", "--set", "device=none");
        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(run.out())
                .contains(
                        "llama.cpp        PROBLEM: Cannot start workers: QUERN_HOME is on a file system mounted noexec ("
                                + data)
                .contains(", so it cannot be run")
                .contains("  rule           launcher-not-executable: ")
                .doesNotContain("NOT ACTIVE: they could not be tested")
                .endsWith("workers CANNOT start: see PROBLEM above\n");
    }

    /** The path of the home is too long for a socket, and the temporary folder is not writable. */
    @Test
    void failedGuardDecidesTheVerdict() throws Exception {
        Run run = run(
                List.of(),
                Map.of("QUERN_HOME", home.resolve("h".repeat(100)).toString()),
                "doctor",
                "-Djava.io.tmpdir=/proc",
                "--set",
                "device=none");
        assertThat(run.exitCode()).as(run.out()).isEqualTo(1);
        assertThat(run.out())
                .contains("NOT ACTIVE: they could not be tested")
                .endsWith("workers can start, but may outlive the engine: see \"NOT ACTIVE\" above\n");
    }

    private Run run(Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        return run(List.of(), environment, arguments);
    }

    private Run run(List<String> prefix, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(PackagedEngine.command(List.of()));
        command.addAll(List.of(arguments));
        Path out = home.resolve("out");
        Path err = home.resolve("err");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("QUERN_") || name.startsWith("QUARKUS_"));
        builder.environment().put("QUERN_HOME", home.toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(180, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
    }
}
