package io.quern.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quern.StartsProcesses;
import io.quern.fork.LauncherProgram;
import io.quern.home.QuernHome;
import io.quern.policy.StartMethod;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tests the launcher's restrictions on a shell. Skipped if this build has no launcher. */
@EnabledOnOs(OS.LINUX)
@StartsProcesses
class SandboxTest {
    private static final KernelFeatures WHOLE = new KernelFeatures(6, true);

    @TempDir
    Path folder;

    private Optional<Path> launcher;

    @BeforeEach
    void thereIsALauncher() {
        assumeTrue(LauncherProgram.isThere(), "skipped: this build has no launcher, because it lacked a C compiler");
        launcher = LauncherProgram.file(QuernHome.locate(Optional.of(folder.resolve("home"))));
    }

    @Test
    void confinedShellReachesOnlyNamedFiles() throws Exception {
        KernelFeatures kernel =
                KernelFeatures.parse(run(List.of(launcher.orElseThrow().toString(), "--confinement")));
        assumeTrue(kernel.landlock() > 0, "skipped: this kernel lacks Landlock or forbids it here");
        Path allowed = Files.writeString(folder.resolve("allowed"), "1\n");
        Path secret = Files.writeString(folder.resolve("secret"), "2\n");
        Path crashes = Files.createDirectory(folder.resolve("crashes"));
        List<String> items = new ArrayList<>(List.of("no-core", "no-new-privileges", "no-capabilities", "landlock"));
        for (String path : List.of("/usr", "/lib", "/lib64", "/proc", "/bin", allowed.toString())) {
            items.add("read=" + path);
        }
        items.addAll(List.of("device=/dev/null", "write=" + crashes, "required"));
        String script = """
                exec 2>/dev/null
                (read x < %1$s/allowed) && echo read
                (read x < %1$s/secret) || echo not read
                (echo x > %1$s/crashes/new) && echo written
                (echo x > %1$s/new) || echo not written
                (/bin/ls /) || echo not run
                kill -0 $PPID || echo not signalled
                grep -q . /proc/self/status || while read line; do
                  case $line in NoNewPrivs:*1|CapEff:*) echo $line;; esac
                done < /proc/self/status
                echo $QUERN_CONFINEMENT
                """.formatted(folder);
        assertThat(run(sandbox(SandboxMode.AUTO, kernel).over(List.of("/bin/sh", "-c", script), items))
                        .replaceAll("CapEff:\\s*0000000000[08]0400[06]", "few capabilities")
                        .replaceAll("\\s+", " "))
                .isEqualTo("read not read written not written not run not signalled few capabilities NoNewPrivs: 1"
                        + " no-core no-new-privileges no-capabilities landlock-" + kernel.landlock() + " ");
        assertThat(secret).hasContent("2\n");
    }

    @Test
    void filteredShellForksAndRunsNothing() throws Exception {
        List<String> shell = List.of("/bin/sh", "-c", "grep Seccomp: /proc/self/status; echo $QUERN_CONFINEMENT");
        Sandbox sandbox = sandbox(SandboxMode.AUTO, WHOLE);
        assertThat(run(sandbox.over(shell, List.of("seccomp", "exec", "required"))))
                .contains("Seccomp:\t2", "seccomp\n");
        // otherwise the program itself could not be executed
        assertThat(run(sandbox.over(shell, List.of("seccomp", "required"))))
                .contains("quern-launcher: cannot run /bin/sh: Operation not permitted");
    }

    @Test
    void memoryOfOtherProcessIsNotDumped() throws Exception {
        Process other = new ProcessBuilder("sleep", "60").start();
        try {
            run(List.of(launcher.orElseThrow().toString(), "--confinement", "--no-core=" + other.pid()));
            assertThat(Files.readString(Path.of("/proc", Long.toString(other.pid()), "limits")))
                    .containsPattern("Max core file size +[01] +[01] +bytes");
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void requiredSandboxNamesTheMissingPart() throws Exception {
        Path cpu = Files.createDirectory(folder.resolve("cpu"));
        Path gpu = Files.createDirectory(folder.resolve("gpu"));
        Files.createFile(gpu.resolve("libggml-cuda.so"));
        Sandbox whole = sandbox(SandboxMode.REQUIRED, WHOLE);
        assertThat(whole.problem(StartMethod.FORKSERVER, cpu)).isEmpty();
        assertThat(whole.problem(StartMethod.INLINE, cpu).orElseThrow()).contains("start method inline");
        assertThat(sandbox(SandboxMode.REQUIRED, new KernelFeatures(0, true))
                        .problem(StartMethod.SPAWN, cpu)
                        .orElseThrow())
                .contains("the kernel lacks Landlock");
        assertThat(sandbox(SandboxMode.REQUIRED, new KernelFeatures(1, false))
                        .problem(StartMethod.SPAWN, cpu)
                        .orElseThrow())
                .contains("seccomp");
        assertThat(sandbox(SandboxMode.AUTO, KernelFeatures.NOTHING).problem(StartMethod.SPAWN, cpu))
                .isEmpty();
        assertThat(sandbox(SandboxMode.AUTO, KernelFeatures.NOTHING).text(StartMethod.SPAWN, cpu))
                .startsWith("not active: the kernel lacks Landlock");
        assertThat(sandbox(SandboxMode.AUTO, WHOLE).text(StartMethod.SPAWN, gpu))
                .contains("no Landlock, because it is untested");
        assertThat(whole.text(StartMethod.SPAWN, gpu)).contains("(Landlock, version 6)");
        assertThat(sandbox(SandboxMode.OFF, WHOLE).text(StartMethod.SPAWN, cpu)).startsWith("off");
    }

    @Test
    void gpuLibrariesDoNotFreeTheProcessForWeights() throws Exception {
        Path gpu = Files.createDirectory(folder.resolve("gpu"));
        Files.createFile(gpu.resolve("libggml-cuda.so"));
        NeededFiles needed = new NeededFiles(
                Path.of("/usr"), List.of(), gpu, gpu, QuernHome.locate(Optional.of(folder.resolve("home"))));
        Optional<Path> result = Optional.of(Files.createFile(folder.resolve("result")));
        assertThat(sandbox(SandboxMode.REQUIRED, WHOLE).weights(needed, Optional.empty(), result))
                .contains("required", "landlock", "seccomp", "write=" + result.get())
                .containsOnlyOnce("exec");
        assertThat(sandbox(SandboxMode.AUTO, WHOLE).weights(needed, Optional.empty(), result))
                .contains("seccomp")
                .doesNotContain("landlock", "write=" + result.get());
    }

    @Test
    void childrenGetListedVariablesOnly() {
        Map<String, String> engine = Map.of(
                "PATH", "/bin",
                "LC_ALL", "C",
                "CUDA_VISIBLE_DEVICES", "0",
                "SECRET_DB", "x",
                "QUERN_OPENAI_API_KEYS", "x",
                "JAVA_TOOL_OPTIONS", "-Dx",
                "LD_PRELOAD", "x.so",
                "MINE_A", "1",
                "MINE", "2");
        assertThat(new PassedVariables(engine, List.of()).passed())
                .containsExactly("CUDA_VISIBLE_DEVICES", "LC_ALL", "PATH");
        assertThat(new PassedVariables(engine, List.of("MINE_*", "SECRET_DB")).unwanted())
                .containsExactlyInAnyOrder("QUERN_OPENAI_API_KEYS", "JAVA_TOOL_OPTIONS", "LD_PRELOAD", "MINE");
        assertThatThrownBy(() -> new PassedVariables(engine, List.of("A*B")))
                .hasMessageContaining("quern.worker.environment holds \"A*B\"");
    }

    /** As a loader sees it, so that the test needs no tools. */
    @Test
    void launcherIsBuiltWithHardeningOptions() throws IOException {
        ByteBuffer elf =
                ByteBuffer.wrap(Files.readAllBytes(launcher.orElseThrow())).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(elf.getShort(16)).as("position-independent").isEqualTo((short) 3);
        assertThat(new String(elf.array(), StandardCharsets.ISO_8859_1)).contains("__stack_chk_fail", "_chk\0");
        boolean relro = false;
        boolean bindNow = false;
        boolean stackExecutable = true;
        for (int i = 0; i < elf.getShort(56); i++) {
            int header = (int) elf.getLong(32) + i * elf.getShort(54);
            int type = elf.getInt(header);
            relro |= type == 0x6474e552;
            if (type == 0x6474e551) {
                stackExecutable = (elf.getInt(header + 4) & 1) != 0;
            }
            if (type == 2) {
                int from = (int) elf.getLong(header + 8);
                for (int at = from; at < from + elf.getLong(header + 32); at += 16) {
                    bindNow |= elf.getLong(at) == 0x6ffffffbL && (elf.getLong(at + 8) & 1) != 0;
                }
            }
        }
        assertThat(relro).as("read-only links").isTrue();
        assertThat(bindNow).as("BIND_NOW").isTrue();
        assertThat(stackExecutable).as("executable stack").isFalse();
    }

    private Sandbox sandbox(SandboxMode mode, KernelFeatures kernel) {
        return new Sandbox(
                mode,
                List.of(),
                false,
                new SandboxSupport(launcher, "", kernel, false),
                new PassedVariables(System.getenv(), List.of()));
    }

    private static String run(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
