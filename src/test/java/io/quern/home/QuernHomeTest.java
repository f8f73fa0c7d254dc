package io.quern.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.quern.OtherUser;
import io.quern.StartsProcesses;
import io.quern.TestConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@StartsProcesses
class QuernHomeTest {
    @TempDir
    Path temp;

    @Test
    void unpacksEachFileWithItsContent() throws IOException {
        Path folder = home().unpack(TestBundles.of("b", "one", "1", "two", "22"));

        assertThat(folder).startsWith(home().folder());
        assertThat(folder.resolve("one")).hasContent("1");
        assertThat(folder.resolve("two")).hasContent("22");
        assertThat(partials()).isEmpty();
    }

    @Test
    void createdFilesArePrivate() throws IOException {
        Path file = home().unpack(TestBundles.of("b", "one", "1")).resolve("one");

        for (Path path = file; !path.equals(temp); path = path.getParent()) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .as(path.toString())
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void secondUnpackingReadsNothing() {
        Bundle bundle = TestBundles.of("b", "one", "1");
        Path folder = home().unpack(bundle);

        Bundle unreadable = new Bundle(bundle.name(), bundle.entries(), name -> {
            throw new IOException("was read");
        });
        assertThat(home().unpack(unreadable)).isEqualTo(folder);
    }

    @Test
    void preparedFilesAreUsedWithoutWriting() throws IOException {
        Bundle bundle = TestBundles.of("b", "one", "1");
        Path prepared = home(temp.resolve("prepared")).unpack(bundle);

        assertThat(preparedHome().unpack(bundle)).isEqualTo(prepared);
        assertThat(preparedHome().folder()).doesNotExist();
    }

    @Test
    void incompletePreparedFolderIsNotUsed() throws IOException {
        Bundle bundle = TestBundles.of("b", "one", "1", "two", "2");
        Path prepared = home(temp.resolve("prepared")).unpack(bundle);
        Files.delete(prepared.resolve("two"));

        assertThat(preparedHome().unpack(bundle)).startsWith(preparedHome().folder());
        assertThat(prepared.resolve("two")).doesNotExist();
    }

    @Test
    void onlyMissingOrTruncatedFilesAreUnpackedAgain() throws IOException {
        Bundle bundle = TestBundles.of("b", "missing", "1", "cut", "22", "well", "333");
        Path folder = home().unpack(bundle);
        Files.delete(folder.resolve("missing"));
        Files.writeString(folder.resolve("cut"), "2");
        Object well = Files.readAttributes(folder.resolve("well"), "unix:ino").get("ino");

        assertThat(home().unpack(bundle)).isEqualTo(folder);

        assertThat(folder.resolve("missing")).hasContent("1");
        assertThat(folder.resolve("cut")).hasContent("22");
        assertThat(Files.readAttributes(folder.resolve("well"), "unix:ino")).containsEntry("ino", well);
    }

    @Test
    void fileWithWrongContentIsReplaced() throws IOException {
        Bundle bundle = TestBundles.of("b", "program", "right");
        Path file = home().unpack(bundle).resolve("program");
        FileTime time = Files.getLastModifiedTime(file);
        Object changed = Files.getAttribute(file, "unix:ctime");
        while (Files.getAttribute(file, "unix:ctime").equals(changed)) {
            // the kernel updates its clock for files every few milliseconds
            Files.writeString(file, "wrong");
            Files.setLastModifiedTime(file, time);
        }

        home().unpack(bundle);
        assertThat(file).hasContent("right");
    }

    @Test
    void sharedHomeGetsAPrivateFolder() throws IOException {
        Path shared = Files.createDirectory(temp.resolve("home"));
        Files.setAttribute(shared, "unix:mode", 01777);

        Path folder = home().unpack(TestBundles.of("b", "one", "1"));
        assertThat(home().folder().getParent()).isEqualTo(shared);
        assertThat(home().folder().getFileName().toString()).matches("quern-\\d+");
        assertThat(folder).startsWith(home().folder());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home().folder())))
                .isEqualTo("rwx------");

        Files.setAttribute(shared, "unix:mode", 0777);
        assertThatThrownBy(this::home)
                .isInstanceOf(HomeException.class)
                .hasMessageContaining("could replace the files in it")
                .hasMessageContaining("chmod +t " + shared)
                .hasMessageContaining("QUERN_HOME");
    }

    @Test
    void homeOfAnotherUserIsRefused() throws IOException {
        Path folder = home().make("unpacked");
        OtherUser.give(folder);
        assertThatThrownBy(() -> home().unpack(TestBundles.of("b", "one", "1")))
                .isInstanceOf(HomeException.class)
                .hasMessageContaining(folder + " belongs to user");
        OtherUser.give(folder.getParent());
        assertThatThrownBy(this::home)
                .isInstanceOf(HomeException.class)
                .hasMessageContaining(folder.getParent() + " belongs to user")
                .hasMessageContaining("QUERN_HOME");
    }

    @Test
    void sharedPreparedFolderIsRefused() throws IOException {
        Bundle bundle = TestBundles.of("b", "one", "1");
        Path file = home(temp.resolve("prepared")).unpack(bundle).resolve("one");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThatThrownBy(() -> preparedHome().unpack(bundle))
                .isInstanceOf(HomeException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("QUERN_PREPARED");
        Files.setPosixFilePermissions(temp.resolve("prepared"), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(this::preparedHome).isInstanceOf(HomeException.class).hasMessageContaining("QUERN_PREPARED");
    }

    @Test
    void longHomePutsSocketsInTemporaryFolder() throws IOException {
        assertThat(home().run(path -> true)).isEqualTo(temp.resolve("home/run"));
        Path run = home().run(path -> !path.startsWith(temp));
        assertThat(run.getParent()).isEqualTo(Path.of(System.getProperty("java.io.tmpdir")));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(run)))
                .isEqualTo("rwx------");
        assertThatThrownBy(() -> home().run(path -> false))
                .isInstanceOf(HomeException.class)
                .hasMessageContaining("too long");
    }

    @Test
    void changedContentNeverGetsItsName() {
        Bundle bundle = TestBundles.of("b", "one", "1");
        Bundle changed = new Bundle(
                "b", bundle.entries(), TestBundles.of("b", "one", "2").source());

        assertThatThrownBy(() -> home().unpack(changed))
                .isInstanceOf(DamagedBundleException.class)
                .hasMessageContaining("one");
        assertThat(home().folder().resolve("unpacked").resolve(bundle.folderName()))
                .isEmptyDirectory();
        assertThat(partials()).isEmpty();
    }

    @Test
    void unreadableContentIsAnErrorOfTheApplication() {
        Bundle bundle =
                new Bundle("b", TestBundles.of("b", "one", "1").entries(), name -> InputStream.nullInputStream());
        assertThatThrownBy(() -> home().unpack(bundle)).isInstanceOf(DamagedBundleException.class);

        Bundle missing = new Bundle("b", bundle.entries(), name -> {
            throw new IOException("no such entry");
        });
        assertThatThrownBy(() -> home().unpack(missing))
                .isInstanceOf(DamagedBundleException.class)
                .hasMessageContaining("no such entry");
    }

    @Test
    void fileInPlaceOfHomeIsNamed() throws IOException {
        Path file = Files.writeString(temp.resolve("file"), "in the way");

        assertThatThrownBy(() -> home(file).unpack(TestBundles.of("b", "one", "1")))
                .isInstanceOf(HomeException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("QUERN_HOME");
        assertThatThrownBy(() -> home(file.resolve("below")).unpack(TestBundles.of("b", "one", "1")))
                .isInstanceOf(HomeException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void folderInPlaceOfFileIsNamed() throws IOException {
        Bundle bundle = TestBundles.of("b", "one", "1");
        Path file = home().unpack(bundle).resolve("one");
        Files.delete(file);
        Files.createDirectories(file.resolve("full"));

        assertThatThrownBy(() -> home().unpack(bundle))
                .isInstanceOf(HomeException.class)
                .hasMessageContaining(file.toString());
        assertThat(partials()).isEmpty();
    }

    @Test
    void fileSystemWithoutFilesIsNamed() {
        assumeThat(Path.of("/proc/self")).isDirectory();

        assertThatThrownBy(() -> home(Path.of("/proc/quern")).unpack(TestBundles.of("b", "one", "1")))
                .isInstanceOf(HomeException.class)
                .hasMessageContaining("/proc/quern")
                .hasMessageContaining("QUERN_HOME");
    }

    @Test
    void fullDiskLeavesNoPartialFile() throws Exception {
        // a limit on the size of files simulates a full disk: the write fails in the middle of a file
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -f 64 && exec \"$@\"", "sh"));
        command.addAll(UnpackingProcess.command(home().folder().toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();

        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains(HomeException.class.getName())
                .contains("File too large")
                .contains(home().folder().toString())
                .contains("QUERN_HOME");
        assertThat(process.waitFor()).isNotZero();
        assertThat(home().folder()
                        .resolve("unpacked")
                        .resolve(TestBundles.large().folderName()))
                .isEmptyDirectory();
        assertThat(partials()).isEmpty();
    }

    @Test
    void concurrentThreadsGetWholeFiles() throws Exception {
        Bundle bundle = TestBundles.large();
        CyclicBarrier start = new CyclicBarrier(8);
        Callable<Path> unpacking = () -> {
            start.await();
            Path folder = home().unpack(bundle);
            assertWhole(folder, bundle);
            return folder;
        };
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<Path> folder :
                    threads.invokeAll(Stream.generate(() -> unpacking).limit(8).toList())) {
                assertThat(folder.get()).startsWith(home().folder());
            }
        }
        assertThat(partials()).isEmpty();
    }

    @Test
    void concurrentProcessesGetWholeFiles() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(UnpackingProcess.start(home().folder().toString()));
        }
        for (Process process : processes) {
            process.outputWriter().append('\n').flush();
        }
        for (Process process : processes) {
            Path folder = Path.of(process.inputReader().readLine());
            assertThat(process.waitFor()).isZero();
            assertWhole(folder, TestBundles.large());
        }
        assertThat(partials()).isEmpty();
    }

    @Test
    void leftoversOfKilledProcessExpireAfterOneHour() throws Exception {
        Process process = UnpackingProcess.start(home().folder().toString(), "stuck");
        process.outputWriter().append('\n').flush();
        assertThat(process.inputReader().readLine()).isEqualTo("stuck");
        process.destroyForcibly().waitFor();
        assertThat(partials()).hasSize(1);

        Bundle bundle = TestBundles.large();
        Path folder = home().unpack(bundle);
        assertWhole(folder, bundle);
        assertThat(partials()).as("young: its owner may be alive").hasSize(1);

        Instant old = Instant.now().minus(Unpacker.LEFTOVER_AGE).minus(Duration.ofMinutes(1));
        Files.setLastModifiedTime(partials().getFirst(), FileTime.from(old));
        home().unpack(TestBundles.of("another", "one", "1"));
        assertThat(partials()).isEmpty();
    }

    private QuernHome preparedHome() {
        return QuernHome.locate(TestConfig.of(
                HomeConfig.class,
                Map.of(
                        "quern.home", temp.resolve("home").toString(),
                        "quern.prepared", temp.resolve("prepared").toString())));
    }

    private QuernHome home() {
        return home(temp.resolve("home"));
    }

    private static QuernHome home(Path folder) {
        return QuernHome.locate(Optional.of(folder));
    }

    private static void assertWhole(Path folder, Bundle bundle) throws IOException {
        for (Bundle.Entry entry : bundle.entries()) {
            byte[] content = Files.readAllBytes(folder.resolve(entry.name()));
            assertThat(Sha256.hex(Sha256.digest().digest(content))).isEqualTo(entry.sha256());
        }
    }

    private List<Path> partials() {
        try (Stream<Path> files = Files.list(temp.resolve("home").resolve("unpacked"))) {
            return files.filter(file -> file.toString().endsWith(Unpacker.PARTIAL))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
