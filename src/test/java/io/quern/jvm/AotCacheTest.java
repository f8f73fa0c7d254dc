package io.quern.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.MessageLite;
import io.quern.StartsProcesses;
import io.quern.TestModels;
import io.quern.files.Seal;
import io.quern.fork.LauncherProgram;
import io.quern.home.QuernHome;
import io.quern.libraries.LlamaLibraries;
import io.quern.process.ProcessStarter;
import io.quern.sandbox.KernelFeatures;
import io.quern.sandbox.PassedVariables;
import io.quern.sandbox.Sandbox;
import io.quern.sandbox.SandboxMode;
import io.quern.sandbox.SandboxSupport;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts workers from a real AOT cache, recorded from a jar of the classes under test. */
@StartsProcesses
class AotCacheTest {
    /** Message of a worker that is started without a token; a rebuild changes it. */
    private static final String BEFORE = "no token on stdin";

    private static final String AFTER = "NO TOKEN ON STDIN";

    @TempDir
    Path folder;

    private final ProcessStarter starter = new ProcessStarter();
    private Path jar;
    private Path caches;
    private Path libraries;

    @BeforeEach
    void makeJar() throws IOException {
        jar = folder.resolve("quern.jar");
        caches = folder.resolve("aot");
        writeJar(BEFORE);
        libraries =
                new LlamaLibraries(Optional.empty(), QuernHome.locate(Optional.of(folder.resolve("home")))).folder();
    }

    @AfterEach
    void stop() {
        starter.close();
    }

    @Test
    void rebuiltJarNeverRunsFromAStaleCache() throws Exception {
        assertThat(recorder().useOptions()).as("nothing is recorded yet").isEmpty();
        Path first = record();
        assertThat(recorder().useOptions()).contains("-XX:AOTCache=" + first);
        assertThat(runWorker()).contains(BEFORE);

        writeJar(AFTER);
        assertThat(recorder().useOptions())
                .as("the cache of the old jar is not for the new one")
                .isEmpty();
        assertThat(runWorker()).contains(AFTER).doesNotContain(BEFORE);

        Path second = record();
        assertThat(second).isNotEqualTo(first);
        assertThat(recorder().useOptions()).contains("-XX:AOTCache=" + second);
        assertThat(runWorker()).contains(AFTER).doesNotContain(BEFORE);

        writeJar(BEFORE);
        assertThat(recorder().useOptions())
                .as("a rollback finds its cache again")
                .contains("-XX:AOTCache=" + first);
        assertThat(runWorker()).contains(BEFORE);
    }

    @Test
    void otherJvmOptionsNeedAnotherCache() throws IOException {
        assertThat(cache(List.of("-Xmx64m")).file())
                .isNotEqualTo(cache(List.of()).file());
    }

    @Test
    void crashOptionsDoNotDisableTheCache() throws Exception {
        Path recorded = record();
        List<String> options = new ArrayList<>(new CrashFiles(folder.resolve("crashes"), 1, false).options());
        // "on" refuses to start without the cache
        options.addAll(List.of("-XX:AOTCache=" + recorded, "-XX:AOTMode=on"));
        assertThat(runWorker(options)).contains(BEFORE);
        options.set(options.size() - 2, "-XX:AOTCache=" + folder.resolve("none"));
        assertThat(start(options).waitFor())
                .as("without the cache it does not start")
                .isEqualTo(1);
    }

    @Test
    void damagedCacheOnlySlowsTheStart() throws Exception {
        Path file = cache(List.of()).file();
        Files.createDirectories(caches);
        Files.writeString(file, "not a cache");
        assertThat(recorder().useOptions())
                .as("a cache that was not recorded here is not read")
                .isEmpty();
        Seal.write(file.resolveSibling(file.getFileName() + ".seal"), List.of(file));
        assertThat(recorder().useOptions()).contains("-XX:AOTCache=" + file);
        assertThat(runWorker()).contains(BEFORE).doesNotContain("not a cache");
    }

    @Test
    void classFolderHasNoCache() {
        WorkerCommand command = WorkerCommand.of(
                WorkerJava.find(Optional.empty()),
                new WorkerClassPath(List.of(Path.of("target/classes"), protobuf())),
                List.of());
        AotRecorder recorder =
                new AotRecorder(command, new AotCache(caches, Optional.empty(), command), true, Sandbox.none(), home());
        assertThat(recorder.record(starter, libraries, TestModels.demo())).isCompletedWithValue(Optional.empty());
        assertThat(caches).doesNotExist();
    }

    private Path record() throws Exception {
        return recorder()
                .record(starter, libraries, TestModels.demo())
                .get(280, TimeUnit.SECONDS)
                .orElseThrow();
    }

    private AotRecorder recorder() {
        return new AotRecorder(command(List.of()), cache(List.of()), true, confined(), home());
    }

    /** Uses the restrictions that this machine supports. */
    private Sandbox confined() {
        Optional<Path> program = LauncherProgram.file(home());
        return new Sandbox(
                SandboxMode.AUTO,
                List.of(),
                false,
                new SandboxSupport(
                        program, "", program.isPresent() ? new KernelFeatures(1, true) : KernelFeatures.NOTHING, false),
                new PassedVariables(System.getenv(), List.of()));
    }

    private QuernHome home() {
        return QuernHome.locate(Optional.of(folder.resolve("home")));
    }

    private AotCache cache(List<String> jvmOptions) {
        return new AotCache(caches, Optional.empty(), command(jvmOptions));
    }

    private WorkerCommand command(List<String> jvmOptions) {
        return WorkerCommand.of(
                WorkerJava.find(Optional.empty()), new WorkerClassPath(List.of(jar, protobuf())), jvmOptions);
    }

    private static Path protobuf() {
        return Path.of(URI.create(MessageLite.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toString()));
    }

    /** Starts a worker as the start method spawn does, but without a token, and returns its output. */
    private String runWorker() throws IOException, InterruptedException {
        return runWorker(recorder().useOptions());
    }

    private Process start(List<String> options) throws IOException {
        List<String> arguments = List.of(
                "--worker=0",
                "--socket=" + folder.resolve("none"),
                "--parent=" + ProcessHandle.current().pid(),
                "--model=" + TestModels.demo());
        return new ProcessBuilder(command(List.of()).line(options, arguments))
                .redirectErrorStream(true)
                .start();
    }

    private String runWorker(List<String> options) throws IOException, InterruptedException {
        Process worker = start(options);
        worker.getOutputStream().close();
        String output = new String(worker.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(worker.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(worker.exitValue()).as(output).isEqualTo(64);
        return output;
    }

    /** Creates a jar of all Quern classes with one constant changed, like a rebuild after a change. */
    private void writeJar(String text) throws IOException {
        Path classes = Path.of("target/classes");
        boolean changed = false;
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file);
                Stream<Path> all = Files.walk(classes.resolve("io/quern"))) {
            for (Path path :
                    all.filter(p -> p.toString().endsWith(".class")).sorted().toList()) {
                String name = classes.relativize(path).toString().replace('\\', '/');
                // ISO 8859-1 preserves every byte
                String content = Files.readString(path, StandardCharsets.ISO_8859_1);
                changed |= content.contains(BEFORE);
                ZipEntry entry = new ZipEntry(name);
                // the same classes give the same jar
                entry.setTime(0);
                out.putNextEntry(entry);
                out.write(content.replace(BEFORE, text).getBytes(StandardCharsets.ISO_8859_1));
                out.closeEntry();
            }
        }
        assertThat(changed).as("a class holds the text").isTrue();
    }
}
