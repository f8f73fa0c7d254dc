package io.quern.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreFolderTest {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private StoreFolder store;

    @BeforeEach
    void create() {
        store = new StoreFolder(folder.resolve("models"));
        store.create();
    }

    @Test
    void onlyRunningDownloadsCountForTheSpace() throws IOException {
        Path other = Files.createDirectory(store.partials().resolve("other"));
        PartialFile.open(other.resolve("m.gguf"), 3 * MIB, "1").close();
        DiskSpace space = new DiskSpace(store, MIB, path -> 10 * MIB);
        assertThatCode(() -> space.require("mine", 8 * MIB, "hf:a/b")).doesNotThrowAnyException();
        try (FileLocks.Claim running = exclusive(store.downloadLock("other")).orElseThrow()) {
            assertThatThrownBy(() -> space.require("mine", 8 * MIB, "hf:a/b"))
                    .hasMessageContaining("it needs 8 MiB beside 3 MiB for other downloads and 1 MiB that stay free")
                    .hasMessageContaining("has only 10 MiB left");
            assertThatCode(() -> space.require("other", 8 * MIB, "hf:a/b")).doesNotThrowAnyException();
        }
    }

    @Test
    void lockIsSharedByUsersAndHeldAloneByRemoval() throws IOException {
        Path lock = store.useLock("k");
        FileLocks.Claim first = FileLocks.shared(lock).orElseThrow();
        FileLocks.Claim second = FileLocks.shared(lock).orElseThrow();
        first.close();
        first.close();
        assertThat(exclusive(lock)).as("the second is still held").isEmpty();
        second.close();
        try (FileLocks.Claim alone = exclusive(lock).orElseThrow()) {
            assertThat(FileLocks.shared(lock)).isEmpty();
        }
    }

    private static Optional<FileLocks.Claim> exclusive(Path lock) throws IOException {
        return FileLocks.exclusive(lock);
    }

    @Test
    void partialFileContinuesOnlyTheSameVersion() throws IOException {
        Path file = folder.resolve("m.gguf");
        byte[] block = new byte[Blocks.BYTES];
        try (PartialFile partial = PartialFile.open(file, MIB, "etag 1")) {
            partial.write(2, block, block.length);
        }
        try (PartialFile partial = PartialFile.open(file, MIB, "etag 1")) {
            assertThat(partial.done().stream()).containsExactly(2);
        }
        assertThat(PartialFile.allocated(file)).isEqualTo(Blocks.BYTES);
        try (PartialFile partial = PartialFile.open(file, MIB, "etag 2")) {
            assertThat(partial.done().stream()).isEmpty();
        }
    }

    @Test
    void oldPartialsAndUnnamedContentAreDeleted() throws IOException {
        Path old = Files.createDirectory(store.partials().resolve("old"));
        Path recent = Files.createDirectory(store.partials().resolve("recent"));
        Path running = Files.createDirectory(store.partials().resolve("running"));
        Path content = Files.createDirectory(store.content("a".repeat(64)));
        Files.writeString(content.resolve("m.gguf"), "GGUF");
        for (Path each : new Path[] {old, running}) {
            Files.setLastModifiedTime(each, FileTime.from(Instant.now().minus(Duration.ofDays(8))));
        }
        try (FileLocks.Claim lock = exclusive(store.downloadLock("running")).orElseThrow()) {
            Leftovers leftovers = new Leftovers(store, new Manifests(store));
            leftovers.cleanPartials(Duration.ofDays(7));
            leftovers.cleanContent();
        }
        assertThat(old).doesNotExist();
        assertThat(recent).exists();
        assertThat(running).exists();
        assertThat(content).doesNotExist();
    }

    @Test
    void damagedManifestIsNoModel() throws IOException {
        Files.writeString(
                store.manifests().resolve("x.json"), "{\"model\":\"hf:a/b\",\"files\":[{\"name\":\"../../x\"");
        Files.writeString(
                store.manifests().resolve("y.json"),
                "{\"model\":\"hf:a/b:Q8_0\",\"content\":\"" + "a".repeat(64)
                        + "\",\"pulledAt\":\"2026-01-01T00:00:00Z\",\"files\":[{\"name\":\"../../x\",\"bytes\":1}]}");
        assertThat(new Manifests(store).all()).isEmpty();
    }

    @Test
    void damagedVersionIsReported() throws IOException {
        Files.writeString(store.path().resolve("version"), "one");
        assertThatThrownBy(() -> store.exists()).hasMessageContaining("the file version in it is damaged");
    }
}
