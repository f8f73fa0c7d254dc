package io.quern.quantize;

import io.quern.quantize.QuantizeException.Problem;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes a file under a temporary name in the same folder, and renames it when it is complete. So the final name never
 * stands for half a file, however the process ends. The temporary name contains the process id; the next process
 * deletes what a killed one has left.
 */
final class PartialFile implements AutoCloseable {
    private static final String ENDING = ".quantizing";

    private final Path target;
    private final Path partial;
    private final boolean replaces;
    private volatile boolean published;

    private PartialFile(Path target, Path partial, boolean replaces) {
        this.target = target;
        this.partial = partial;
        this.replaces = replaces;
    }

    /**
     * Checks whether the file can be created, and creates nothing.
     *
     * @param target absolute
     * @param replaces whether a file that exists is replaced
     * @throws QuantizeException if it cannot
     */
    static void check(Path target, boolean replaces) {
        Path folder = folder(target);
        if (Files.isDirectory(target)) {
            throw new QuantizeException(
                    Problem.USAGE, target + " is a folder. Name the file that is to be written in it.");
        }
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !replaces) {
            throw exists(target);
        }
        if (!Files.isDirectory(folder)) {
            throw new QuantizeException(
                    Problem.FAILED, "Cannot write " + target + ": there is no folder " + folder + ". Create it first.");
        }
        if (!Files.isWritable(folder)) {
            throw new QuantizeException(
                    Problem.FAILED,
                    "Cannot write " + target + ": user " + System.getProperty("user.name") + " may not write to "
                            + folder + ". Name a file in another folder.");
        }
    }

    /**
     * Creates the partial file, which is empty, and deletes those that killed processes have left.
     *
     * @throws QuantizeException if it cannot be created
     */
    static PartialFile create(Path target, boolean replaces) {
        check(target, replaces);
        try {
            deleteAbandoned(target);
            Path partial = folder(target)
                    .resolve(prefix(target) + ProcessHandle.current().pid() + ENDING);
            Files.createFile(partial);
            return new PartialFile(target, partial, replaces);
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    private static Path folder(Path target) {
        Path folder = target.getParent();
        return folder == null ? target : folder;
    }

    private static String prefix(Path target) {
        return "." + target.getFileName() + ".";
    }

    private static void deleteAbandoned(Path target) throws IOException {
        Pattern name = Pattern.compile(Pattern.quote(prefix(target)) + "(\\d{1,18})" + Pattern.quote(ENDING));
        long own = ProcessHandle.current().pid();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder(target))) {
            for (Path file : files) {
                Matcher matcher = name.matcher(file.getFileName().toString());
                if (matcher.matches()) {
                    long pid = Long.parseLong(matcher.group(1));
                    if (pid == own || ProcessHandle.of(pid).isEmpty()) {
                        Files.deleteIfExists(file);
                    }
                }
            }
        }
    }

    Path path() {
        return partial;
    }

    /**
     * Gives the file its name, after its content has reached the disk.
     *
     * @throws QuantizeException if a file of that name has appeared meanwhile, or the disk fails
     */
    void publish() {
        try {
            flush(partial, StandardOpenOption.WRITE);
            if (replaces) {
                Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } else {
                publishAsNew();
            }
            published = true;
            flush(folder(target), StandardOpenOption.READ);
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    /** A link is never made over an existing file; a rename would replace it. */
    private void publishAsNew() throws IOException {
        try {
            Files.createLink(target, partial);
            Files.delete(partial);
        } catch (FileAlreadyExistsException e) {
            throw exists(target);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException e) {
            // a file system without links
            if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                throw exists(target);
            }
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static void flush(Path path, StandardOpenOption how) throws IOException {
        try (FileChannel channel = FileChannel.open(path, how)) {
            channel.force(true);
        }
    }

    private static QuantizeException exists(Path target) {
        return new QuantizeException(
                Problem.FAILED, target + " exists already. Name another file, or replace it with --force.");
    }

    private static QuantizeException failed(Path target, IOException e) {
        String why = e instanceof AccessDeniedException
                ? "the folder cannot be written to"
                : e instanceof FileSystemException known && known.getReason() != null
                        ? known.getReason()
                        : String.valueOf(e.getMessage());
        return new QuantizeException(Problem.FAILED, "Cannot write " + target + ": " + why + ".", e);
    }

    /** Deletes the partial file unless it has been published. */
    @Override
    public void close() {
        if (!published) {
            try {
                Files.deleteIfExists(partial);
            } catch (IOException e) {
                // the next process that writes the same file deletes it
            }
        }
    }
}
