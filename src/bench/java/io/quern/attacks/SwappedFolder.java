package io.quern.attacks;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;

/**
 * A folder looks like that of an engine that has ended. While a new engine empties it, another user replaces it by a
 * link to a folder with files of the same names. It has many files, so there is time for that.
 */
final class SwappedFolder implements Attack {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int FILES = 5000;

    @Override
    public String name() {
        return "swapped-folder";
    }

    @Override
    public String tries() {
        return "Another user replaces a folder by a link while the engine empties it."
                + " The engine should not empty the link's target.";
    }

    @Override
    public boolean needsRoot() {
        return true;
    }

    @Override
    public Finding run(Target target) throws Exception {
        try (SharedTemporary temporary = SharedTemporary.in(target, name())) {
            return run(target, temporary);
        }
    }

    private static Finding run(Target target, SharedTemporary temporary) throws Exception {
        Path precious = target.newFolder("precious");
        fill(precious);
        Path folder = temporary.folder().resolve("quern-1-00000001");
        Nobody.script("mkdir \"$1\"", folder);
        fill(folder);
        // No process listens on it any more.
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(folder.resolve("s")))
                .close();
        Nobody.own(folder);
        Path link = Files.createSymbolicLink(temporary.folder().resolve("link"), precious);
        Nobody.own(link);
        boolean replaced = false;
        try (Victim victim = target.launch(List.of(), temporary.environment())) {
            FileTime time = Files.getLastModifiedTime(folder);
            long begin = System.nanoTime();
            while (!replaced && !victim.log().contains("Listening on")) {
                if (!victim.process().isAlive() || System.nanoTime() - begin > LIMIT.toNanos()) {
                    throw new IOException("the engine does not start: " + victim.log());
                }
                // Reading the log takes long, so check the folder much more often.
                for (int i = 0; i < 1000 && !replaced; i++) {
                    if (!Files.getLastModifiedTime(folder).equals(time)) {
                        // The owner of both may do this in a folder like /tmp.
                        Files.move(folder, temporary.folder().resolve("away"), StandardCopyOption.ATOMIC_MOVE);
                        Files.move(link, folder, StandardCopyOption.ATOMIC_MOVE);
                        replaced = true;
                    }
                    Thread.sleep(0, 100_000);
                }
            }
            victim.awaitReady();
        }
        long gone;
        try (var files = Files.list(precious)) {
            gone = FILES - files.count();
        }
        return Finding.of(
                gone == 0,
                "the engine %s the folder; of root's %d files %d are gone",
                replaced ? "emptied" : "did not touch",
                FILES,
                gone);
    }

    private static void fill(Path folder) throws IOException {
        for (int i = 0; i < FILES; i++) {
            Files.createFile(folder.resolve("file" + i));
        }
    }
}
