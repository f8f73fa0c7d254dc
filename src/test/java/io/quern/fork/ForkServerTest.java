package io.quern.fork;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quern.StartsProcesses;
import io.quern.TestModels;
import io.quern.home.QuernHome;
import io.quern.jvm.WorkerCommand;
import io.quern.jvm.WorkerJava;
import io.quern.jvm.WorkerRuntime;
import io.quern.libraries.LlamaLibraries;
import io.quern.policy.StartMethod;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.ProcessStarter;
import io.quern.sandbox.KernelFeatures;
import io.quern.sandbox.NeededFiles;
import io.quern.sandbox.PassedVariables;
import io.quern.sandbox.Sandbox;
import io.quern.sandbox.SandboxMode;
import io.quern.sandbox.SandboxSupport;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tests the real launcher, which forks real JVMs. Skipped if this build has none, because it lacked a C compiler. */
@EnabledOnOs(OS.LINUX)
@StartsProcesses
class ForkServerTest {
    private static final WorkerJava JAVA = WorkerJava.find(Optional.empty());

    private static final int PATIENCE_SECONDS = 60;
    private static final Patience PATIENCE =
            new Patience(Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ZERO);

    @TempDir
    Path folder;

    private final ProcessStarter starter = new ProcessStarter();
    private final List<String> output = new CopyOnWriteArrayList<>();
    private final List<Double> shares = new CopyOnWriteArrayList<>();
    private ServerSocketChannel engine;
    private ForkServer server;
    private Patience patience = PATIENCE;
    private List<String> confinement = List.of();

    @BeforeEach
    void thereIsALauncherAndAnEngine() throws IOException {
        assumeTrue(LauncherProgram.isThere(), "skipped: this build has no launcher, because it lacked a C compiler");
        engine = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        engine.bind(UnixDomainSocketAddress.of(engineSocket()));
    }

    @AfterEach
    void stop() throws IOException {
        if (server != null) {
            server.close();
        }
        starter.close();
        if (engine != null) {
            engine.close();
        }
    }

    @Test
    void childRunsTheWorkersMainWithItsArguments() throws Exception {
        start(libraries(), TestModels.demo());
        PreloadResult preloaded = get(server.preloaded());
        assertThat(preloaded.model()).isNotZero();
        assertThat(preloaded.context()).isNotZero();
        assertThat(preloaded.contextLength()).isEqualTo(512);
        assertThat(preloaded.flashAttention()).isTrue();
        assertThat(preloaded.microsPerToken()).isPositive();
        assertThat(preloaded.cache().address()).isNotZero();
        assertThat(preloaded.cache().bytes()).isGreaterThan(1 << 20);
        assertThat(preloaded.device()).startsWith("CPU (").endsWith(")");
        assertThat(shares).last().isEqualTo(1.0);
        ChildProcess child = fork(List.of("--worker=7", "--no such argument ä"), Map.of("LC_ALL", "C.UTF-8"));
        assertThat(get(child.exited())).isEqualTo(new ExitStatus.Exited(64));
        assertThat(child.peakMemoryBytes()).isGreaterThan(10 << 20);
        assertThat(child.lastOutput()).containsExactly("ERROR worker: unknown argument '--no such argument ä'");
        assertThat(output).isEqualTo(child.lastOutput());
        assertThat(child.alive()).isFalse();
    }

    @Test
    void childHasItsOwnNameAndRestrictions() throws Exception {
        start(null, null);
        get(server.preloaded());
        ChildProcess child = fork(waiting(), Map.of("PATH", "/bin", "QUERN_TEST", "x"));
        Path proc = Path.of("/proc", Long.toString(child.pid()));
        await().until(() -> Files.readString(proc.resolve("cmdline")).contains("WorkerMain"));
        assertThat(Files.readString(proc.resolve("cmdline")).split("\0"))
                .contains("java", "io.quern.worker.WorkerMain", "--worker=7");
        assertThat(ProcessHandle.of(child.pid())
                        .orElseThrow()
                        .parent()
                        .orElseThrow()
                        .pid())
                .isEqualTo(server.pid());
        // it got a score above that of this process
        int own = Integer.parseInt(Files.readString(Path.of("/proc", Long.toString(server.pid()), "oom_score_adj"))
                .strip());
        assertThat(Integer.parseInt(
                        Files.readString(proc.resolve("oom_score_adj")).strip()))
                .isEqualTo(Math.min(1000, own + 300));
    }

    /** As in Kubernetes' guaranteed pods, or with OOMScoreAdjust in a unit of systemd. */
    @Test
    void childGetsAHigherScoreThanANegativeOne() throws Exception {
        start(null, null);
        get(server.preloaded());
        Path score = Path.of("/proc", Long.toString(server.pid()), "oom_score_adj");
        try {
            Files.writeString(score, "-500");
        } catch (IOException e) {
            assumeTrue(false, "skipped: this process may not lower a score (CAP_SYS_RESOURCE)");
        }
        ChildProcess child = fork(waiting(), Map.of());
        assertThat(Path.of("/proc", Long.toString(child.pid()), "oom_score_adj"))
                .hasContent("-200");
        assertThat(score).as("it is the server's own again").hasContent("-500");
    }

    /** Launcher and child work under all restrictions that this machine supports. */
    @Test
    void confinedChildOfConfinedLauncherConnects() throws Exception {
        QuernHome home = QuernHome.locate(Optional.of(folder.resolve("home")));
        Sandbox sandbox = new Sandbox(
                SandboxMode.AUTO,
                List.of(),
                false,
                new SandboxSupport(Optional.of(program()), "", new KernelFeatures(1, true), false),
                new PassedVariables(Map.of(), List.of()));
        NeededFiles needed = command().needed(libraries(), TestModels.demo(), home);
        Path crashes = folder.resolve("crashes");
        confinement = sandbox.launcher(needed, crashes, false, StartMethod.FORKSERVER);
        start(libraries(), TestModels.demo());
        get(server.preloaded());
        confinement = sandbox.worker(needed, crashes, true, false);
        ChildProcess child = fork(waiting(), Map.of());
        try (SocketChannel connection = hello()) {
            assertThat(connection.isConnected()).isTrue();
            for (long pid : new long[] {server.pid(), child.pid()}) {
                assertThat(Files.readString(Path.of("/proc", Long.toString(pid), "status")))
                        .contains("NoNewPrivs:\t1", "Seccomp:\t2");
            }
            int own = Integer.parseInt(Files.readString(Path.of("/proc", Long.toString(server.pid()), "oom_score_adj"))
                    .strip());
            assertThat(Files.readString(Path.of("/proc", Long.toString(child.pid()), "oom_score_adj"))
                            .strip())
                    .isEqualTo(Integer.toString(Math.min(1000, own + 300)));
        }
        assertThat(get(child.kill())).isEqualTo(new ExitStatus.Signaled(9));
    }

    /** Sends what Ctrl-C in a terminal and systemd's SIGTERM to a control group send. */
    @Test
    void signalsToAllEndNeitherServerNorChild() throws Exception {
        start(null, null);
        get(server.preloaded());
        ChildProcess child = fork(waiting(), Map.of());
        for (long pid : new long[] {server.pid(), child.pid()}) {
            for (String signal : List.of("HUP", "INT", "TERM")) {
                signal(pid, signal);
            }
        }
        signal(server.pid(), "QUIT");
        ChildProcess next = fork(List.of("--no such argument"), Map.of());
        assertThat(get(next.exited())).isEqualTo(new ExitStatus.Exited(64));
        assertThat(child.alive()).isTrue();
        assertThat(ProcessHandle.of(child.pid())).isPresent();
    }

    @Test
    void signalsReachChildAndItsEndIsReported() throws Exception {
        start(null, null);
        get(server.preloaded());
        ChildProcess child = fork(waiting(), Map.of());
        assertThat(get(child.kill())).isEqualTo(new ExitStatus.Signaled(9));
        assertThat(server.idle()).isTrue();
    }

    @Test
    void killedLauncherEndsItsChildren() throws Exception {
        start(null, null);
        get(server.preloaded());
        ChildProcess child = fork(waiting(), Map.of());
        long pid = child.pid();
        ProcessHandle.of(server.pid()).orElseThrow().destroyForcibly();
        assertThat(get(child.exited())).isEqualTo(new ExitStatus.Signaled(9));
        await().until(() -> ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false) == false);
        assertThat(server.gone()).isTrue();
        assertThatThrownBy(() -> fork(waiting(), Map.of()))
                .hasCauseInstanceOf(IOException.class)
                .hasMessageContaining("the launcher has ended");
    }

    @Test
    void launcherThatReportsNoExitIsKilled() throws Exception {
        patience = new Patience(Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ZERO);
        start(null, null);
        get(server.preloaded());
        ChildProcess child = fork(waiting(), Map.of());
        ChildProcess other = fork(waiting(), Map.of());
        ProcessHandle launcher = ProcessHandle.of(server.pid()).orElseThrow();
        signal(server.pid(), "STOP");
        // while nothing is due, it is not pinged
        await().during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(4)).until(launcher::isAlive);
        assertThat(get(child.kill())).isEqualTo(new ExitStatus.Signaled(9));
        assertThat(get(other.exited())).isEqualTo(new ExitStatus.Signaled(9));
        assertThat(server.gone()).isTrue();
        await().until(() -> !launcher.isAlive());
    }

    @Test
    void launcherThatAnswersNoForkIsKilled() throws Exception {
        patience = new Patience(Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ZERO);
        start(null, null);
        get(server.preloaded());
        signal(server.pid(), "STOP");
        assertThatThrownBy(() -> fork(waiting(), Map.of()))
                .hasMessageContaining("it did not answer for ")
                .cause()
                .isNotInstanceOf(UnfitLauncherException.class);
        assertThat(server.gone()).isTrue();
    }

    @Test
    void stoppedLauncherThatOwesAnAnswerIsKilledEarly() throws Exception {
        patience = new Patience(Duration.ofHours(1), Duration.ofHours(1), Duration.ofMillis(200));
        start(null, null);
        get(server.preloaded());
        ChildProcess child = fork(waiting(), Map.of());
        signal(server.pid(), "STOP");
        assertThat(get(child.kill())).isEqualTo(new ExitStatus.Signaled(9));
        await().until(() -> server.gone());
        assertThat(server.hanging()).isEqualTo("its process was stopped (SIGSTOP)");
    }

    @Test
    void launcherStoppedWhileItLoadsIsKilled() throws Exception {
        patience = new Patience(Duration.ofSeconds(60), Duration.ofSeconds(1), Duration.ZERO);
        // stopped before it has connected
        Path script = Files.writeString(folder.resolve("stops"), "#!/bin/sh\nkill -STOP $$\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        server = ForkServer.start(
                starter,
                new ForkServer.Command(script, Set.of(), List.of()),
                folder,
                Preload.jvm(JAVA.libjvm(), List.of()),
                patience,
                shares::add);
        assertThatThrownBy(() -> get(server.preloaded())).hasMessageContaining("it did not answer for ");
        assertThat(server.gone()).isTrue();
    }

    @Test
    void killOfStoppedChildLeavesTheLauncherRunning() throws Exception {
        patience = new Patience(Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ZERO);
        start(null, null);
        get(server.preloaded());
        ChildProcess child = fork(waiting(), Map.of());
        try (SocketChannel connection = hello()) {
            signal(child.pid(), "STOP");
            assertThat(get(child.kill())).isEqualTo(new ExitStatus.Signaled(9));
        }
        assertThat(server.gone()).isFalse();
    }

    private static void signal(long pid, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void handedOverLauncherAndChildrenContinue() throws Exception {
        start(libraries(), TestModels.demo());
        PreloadResult preloaded = get(server.preloaded());
        ChildProcess first = fork(waiting(), Map.of());
        ChildProcess dies = fork(waiting(), Map.of());
        // like a worker that is handed over, it has connected both sockets
        SocketChannel one = hello();
        SocketChannel other = hello();
        long pid = server.pid();

        Map<String, Object> firstParts = first.handOver();
        Map<String, Object> diesParts = dies.handOver();
        Map<String, Object> parts = server.handOver().orElseThrow();
        assertThat(server.handOver()).as("once").isEmpty();
        ProcessHandle.of(dies.pid()).orElseThrow().destroyForcibly();
        await().until(() -> ProcessHandle.of(dies.pid()).isEmpty());

        server = ForkServer.takeOver(starter, parts, PATIENCE);
        assertThat(server.pid()).isEqualTo(pid);
        assertThat(get(server.preloaded())).isEqualTo(preloaded);
        ChildProcess taken = server.takeUp("worker-7", firstParts, output::add);
        assertThat(taken.pid()).isEqualTo(first.pid());
        assertThat(taken.alive()).isTrue();
        assertThat(get(server.takeUp("worker-8", diesParts, output::add).exited()))
                .isEqualTo(new ExitStatus.Signaled(9));

        // signals use the old launcher's connection, and output comes from the thread that read it before
        output.clear();
        ProcessHandle.of(taken.pid()).orElseThrow().destroyForcibly();
        assertThat(get(taken.exited())).isInstanceOf(ExitStatus.class);
        assertThat(first.exited().toCompletableFuture()).isNotDone();
        ChildProcess fresh = fork(List.of("--no such argument"), Map.of());
        assertThat(get(fresh.exited())).isEqualTo(new ExitStatus.Exited(64));
        assertThat(output).contains("ERROR worker: unknown argument '--no such argument'");
        one.close();
        other.close();
        server.close();
        await().until(() -> !ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false));
    }

    @Test
    void failedPreloadIsReported() throws Exception {
        start(libraries(), Path.of("pom.xml").toAbsolutePath());
        assertThatThrownBy(() -> get(server.preloaded()))
                .hasMessageContaining("pom.xml")
                .hasMessageContaining("invalid magic");
    }

    @Test
    void libraryThatStartsAThreadForbidsForking() throws Exception {
        poisoned("""
                #include <pthread.h>
                #include <unistd.h>
                static void *run(void *nothing) { (void)nothing; for (;;) pause(); return 0; }
                __attribute__((constructor)) static void begin(void) {
                  pthread_t thread;
                  pthread_create(&thread, 0, run, 0);
                }
                """, "it has 2 threads");
    }

    @Test
    void mappedDriverForbidsForking() throws Exception {
        compile("int driver;", folder.resolve("libcuda.so.1"));
        poisoned("""
                #include <dlfcn.h>
                __attribute__((constructor)) static void begin(void) { dlopen("%s", RTLD_NOW); }
                """.formatted(folder.resolve("libcuda.so.1")), "libcuda.so.1 mapped");
    }

    @Test
    void openDeviceForbidsForking() throws Exception {
        Path device = Files.createFile(folder.resolve("device0"));
        poisoned("""
                #include <fcntl.h>
                __attribute__((constructor)) static void begin(void) { open("%s", O_RDONLY); }
                """.formatted(device), "it has the device " + device + " open", "--device=" + device);
    }

    @Test
    void twoHundredForksLeakNothing() throws Exception {
        start(null, null);
        get(server.preloaded());
        fork(List.of("--bad"), Map.of()).exited().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        long descriptors = count("fd");
        long memory = privateKibibytes();
        for (int i = 0; i < 200; i++) {
            // the JVM need not start completely, since the test examines the launcher
            get(fork(List.of("--bad"), Map.of()).kill());
        }
        assertThat(server.idle()).isTrue();
        assertThat(count("fd")).isEqualTo(descriptors);
        assertThat(count("task")).isEqualTo(1);
        assertThat(privateKibibytes()).isLessThan(memory + 1024);
        assertThat(ProcessHandle.of(server.pid()).orElseThrow().children()).isEmpty();
    }

    @Test
    void forkRefusedByTheKernelCanBeRetried() throws Exception {
        // limits its user to one process, the launcher. Root is never limited, so it changes the user first
        Path script = Files.writeString(folder.resolve("limited"), """
                #!/bin/sh
                if [ "$(id -u)" = 0 ]; then
                  become="setpriv --reuid=65533 --inh-caps=+dac_override --ambient-caps=+dac_override"
                fi
                exec $become prlimit --nproc=1 %s "$@"
                """.formatted(program()));
        assertThat(script.toFile().setExecutable(true)).isTrue();
        server = ForkServer.start(
                starter,
                new ForkServer.Command(script, Set.of(), List.of()),
                folder,
                Preload.jvm(JAVA.libjvm(), List.of()),
                PATIENCE,
                shares::add);
        get(server.preloaded());
        assertThatThrownBy(() -> fork(waiting(), Map.of()))
                .hasMessageContaining("could not fork: fork: Resource temporarily unavailable")
                .cause()
                .isNotInstanceOf(UnfitLauncherException.class);
        assertThat(server.gone()).isFalse();
        assertThat(server.idle()).isTrue();
    }

    /** @param code code of a library that is loaded before the fork */
    private void poisoned(String code, String cause, String... more) throws Exception {
        Path libraries = Files.createDirectory(folder.resolve("libraries"));
        try (Stream<Path> all = Files.list(libraries())) {
            for (Path library : all.toList()) {
                Files.createSymbolicLink(libraries.resolve(library.getFileName()), library);
            }
        }
        Path base = libraries.resolve("libggml-base.so");
        Path real = base.toRealPath();
        Files.delete(base);
        compile(code, base, real.toString(), "-Wl,-rpath," + real.getParent());
        start(libraries, null, more);
        get(server.preloaded());
        assertThatThrownBy(() -> fork(waiting(), Map.of()))
                .cause()
                .isInstanceOf(UnfitLauncherException.class)
                .hasMessageContaining(cause);
        try (Stream<Path> all = Files.list(libraries)) {
            for (Path library : all.toList()) {
                Files.delete(library);
            }
        }
    }

    private static void compile(String code, Path library, String... linked) throws Exception {
        Path source = Files.writeString(library.resolveSibling(library.getFileName() + ".c"), code);
        List<String> command = new ArrayList<>(
                List.of("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString(), "-Wl,--no-as-needed"));
        command.addAll(List.of(linked));
        command.add("-lpthread");
        Process compiler = new ProcessBuilder(command)
                .inheritIO()
                .redirectErrorStream(true)
                .start();
        assertThat(compiler.waitFor()).isZero();
        Files.delete(source);
    }

    private void start(Path libraries, Path model, String... more) throws IOException {
        server = ForkServer.start(
                starter,
                new ForkServer.Command(program(), Set.of(), List.of(more)),
                folder,
                new Preload(JAVA.libjvm(), libraries, model, 2, 512, 1, true, false, confinement),
                patience,
                shares::add);
    }

    private Path program() {
        return LauncherProgram.file(QuernHome.locate(Optional.of(folder.resolve("home"))))
                .orElseThrow();
    }

    private Path libraries() {
        return new LlamaLibraries(Optional.empty(), QuernHome.locate(Optional.of(folder.resolve("home")))).folder();
    }

    /** Arguments with which the worker waits for a silent engine. */
    private List<String> waiting() {
        return List.of("--worker=7", "--model=" + TestModels.demo(), "--socket=" + engineSocket(), "--forked");
    }

    private Path engineSocket() {
        return folder.resolve("e");
    }

    private ChildProcess fork(List<String> arguments, Map<String, String> environment) throws Exception {
        WorkerCommand command = command();
        List<String> options = new ArrayList<>(command.jvmOptions());
        options.add("-Djava.class.path=" + command.classPath());
        return get(server.fork(
                new ForkRequest(
                        "worker-7",
                        "token",
                        engineSocket(),
                        options,
                        arguments,
                        confinement,
                        environment.entrySet().stream()
                                .map(e -> e.getKey() + "=" + e.getValue())
                                .toList()),
                output::add));
    }

    /** A worker's connection, on which it has sent its first bytes. */
    private SocketChannel hello() throws IOException {
        SocketChannel connection = engine.accept();
        assertThat(connection.read(ByteBuffer.allocate(1))).isOne();
        return connection;
    }

    private WorkerCommand command() {
        return WorkerRuntime.find(Optional.empty(), QuernHome.locate(Optional.of(folder.resolve("home"))))
                .command(Optional.empty());
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        try {
            return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new ExecutionException(e.getCause().getMessage(), e.getCause());
        }
    }

    private long count(String what) throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(server.pid()), what))) {
            return all.count();
        }
    }

    private long privateKibibytes() throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(server.pid()), "smaps_rollup")).stream()
                .filter(line -> line.startsWith("Private_Dirty"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }
}
