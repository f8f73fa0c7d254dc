package io.quern.engines;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.home.QuernHome;
import io.quern.process.ProcessIdentity;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineRecordsTest {
    @TempDir
    Path folder;

    private EngineRecords records;

    @BeforeEach
    void locate() {
        records = new EngineRecords(QuernHome.locate(Optional.of(folder)));
    }

    private static EngineRecord engine(ProcessIdentity process) {
        return new EngineRecord(
                process,
                Instant.parse("2026-11-26T23:00:00Z"),
                Optional.of(URI.create("http://127.0.0.1:8080/v1")),
                Optional.of(URI.create("http://127.0.0.1:9000/q")),
                List.of(new EngineRecord.Model("demo", ""), new EngineRecord.Model("/models/a.gguf", "small")),
                Optional.empty());
    }

    private long files() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("engines"))) {
            return files.count();
        }
    }

    @Test
    void runningEngineIsFoundUntilItEnds() throws Exception {
        EngineRecord own = engine(ProcessIdentity.current());
        try (EngineRecords.Announcement announced = records.announce(own)) {
            assertThat(records.running()).containsExactly(own);
            assertThat(records.runs(own)).isTrue();
        }
        assertThat(records.running()).isEmpty();
        assertThat(files()).isZero();
    }

    @Test
    void homeWithoutEnginesHasNone() {
        assertThat(records.running()).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void recordIsForItsUserOnly() throws Exception {
        try (EngineRecords.Announcement announced = records.announce(engine(ProcessIdentity.current()))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("engines"))))
                    .isEqualTo("rwx------");
            try (Stream<Path> files = Files.list(folder.resolve("engines"))) {
                assertThat(files).singleElement().satisfies(file -> assertThat(
                                PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------"));
            }
        }
    }

    @Test
    void recordOfAReusedPidIsDeleted() throws Exception {
        ProcessIdentity own = ProcessIdentity.current();
        records.announce(engine(new ProcessIdentity(own.pid(), own.start() + "1", own.scope())));
        assertThat(records.running()).isEmpty();
        assertThat(files()).isZero();
    }

    @Test
    void recordOfAKilledProcessIsDeleted() throws Exception {
        Process process = new ProcessBuilder("sleep", "1000").start();
        ProcessIdentity killed = new ProcessIdentity(
                process.pid(), startOf(process.pid()), ProcessIdentity.current().scope());
        records.announce(engine(killed));
        assertThat(records.running()).containsExactly(engine(killed));
        process.destroyForcibly().waitFor();
        assertThat(records.running()).isEmpty();
        assertThat(files()).isZero();
    }

    private static String startOf(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
    }

    @Test
    void recordOfAnotherContainerIsLeftAlone() throws Exception {
        ProcessIdentity own = ProcessIdentity.current();
        String boot = own.scope().substring(0, own.scope().indexOf(':'));
        records.announce(engine(new ProcessIdentity(own.pid(), own.start(), boot + ":1")));
        assertThat(records.running()).isEmpty();
        assertThat(files()).isOne();
    }

    @Test
    void recordOfAnEarlierBootIsDeleted() throws Exception {
        ProcessIdentity own = ProcessIdentity.current();
        records.announce(engine(new ProcessIdentity(own.pid(), own.start(), "earlier:1")));
        assertThat(records.running()).isEmpty();
        assertThat(files()).isZero();
    }

    @Test
    void fileThatOthersCouldWriteIsNotBelieved() throws Exception {
        try (EngineRecords.Announcement announced = records.announce(engine(ProcessIdentity.current()))) {
            try (Stream<Path> files = Files.list(folder.resolve("engines"))) {
                Files.setPosixFilePermissions(
                        files.findFirst().orElseThrow(), PosixFilePermissions.fromString("rw-rw-rw-"));
            }
            assertThat(records.running()).isEmpty();
        }
    }

    @Test
    void otherContentIsNoEngine() throws Exception {
        try (EngineRecords.Announcement announced = records.announce(engine(ProcessIdentity.current()))) {
            for (String content :
                    new String[] {"", "[]", "{\"pid\":1}", "{\"pid\":1,\"start\":\"1\",\"since\":\"x\"}"}) {
                Files.writeString(folder.resolve("engines").resolve(content.length() + ".json"), content);
                Files.setPosixFilePermissions(
                        folder.resolve("engines").resolve(content.length() + ".json"),
                        PosixFilePermissions.fromString("rw-------"));
            }
            assertThat(records.running()).hasSize(1);
        }
    }
}
