package io.quern.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Decides whether a user other than root and this process's own could have changed a file. Owners and modes decide, of the file and of
 * every folder and link on the way to it.
 */
public final class Trust {
    private static final int MOST_LINKS = 40;

    /** Of a line of /proc/self/mountinfo. */
    private static final int MOUNT_POINT = 4;

    private Trust() {}

    /**
     * Checks the way to a file and the file itself, if it exists.
     *
     * @throws UntrustedFileException if another user could change it
     * @throws IOException if that cannot be found out
     */
    public static void require(Path file) throws IOException {
        Path real = requireWay(file);
        if (!Node.SUPPORTED) {
            return;
        }
        Node node;
        try {
            node = Node.of(real);
        } catch (NoSuchFileException e) {
            return;
        }
        requireItself(node);
    }

    /**
     * Checks the folders and links on the way to a file that need not exist.
     *
     * @return where it lies, links resolved
     * @throws UntrustedFileException if another user could put another file in its place
     */
    public static Path requireWay(Path file) throws IOException {
        Path absolute = file.toAbsolutePath().normalize();
        return Node.SUPPORTED ? requireWay(absolute, 0) : absolute;
    }

    /**
     * Checks only the file itself: it has to be a regular file or a folder, and no link.
     *
     * @throws UntrustedFileException if another user could change it, or it is something else
     */
    public static void requireItself(Path file) throws IOException {
        if (Node.SUPPORTED) {
            Node node = Node.of(file);
            if (!node.isFolder() && !node.isRegular()) {
                throw new UntrustedFileException(
                        file + " is a link or a special file", "Remove it: Quern makes it again");
            }
            requireItself(node);
        }
    }

    /** Whether {@link #requireItself} holds, and it is a regular file. */
    public static boolean isRegular(Path file) {
        return is(file, false);
    }

    /** Whether {@link #requireItself} holds, and it is a folder. */
    public static boolean isFolder(Path file) {
        return is(file, true);
    }

    private static boolean is(Path file, boolean folder) {
        if (!Node.SUPPORTED) {
            return folder ? Files.isDirectory(file) : Files.isRegularFile(file);
        }
        try {
            Node node = Node.of(file);
            return (folder ? node.isFolder() : node.isRegular()) && node.isOurs() && !node.isShared();
        } catch (IOException e) {
            return false;
        }
    }

    static void requireItself(Node node) throws UntrustedFileException {
        if (!node.isOurs()) {
            throw belongsToAnother(node);
        }
        if (node.isShared()) {
            throw new UntrustedFileException(
                    "%s can be written by %s (mode %s)".formatted(node.path(), node.who(), node.permissions()),
                    "Run: chmod go-w " + node.path());
        }
    }

    static UntrustedFileException belongsToAnother(Node node) {
        return new UntrustedFileException(
                "%s belongs to %s, who could change it at any time".formatted(node.path(), node.owner()),
                "Remove it, or look at what it holds and give it to root or to the user that Quern runs as (chown)");
    }

    private static Path requireWay(Path file, int links) throws IOException {
        if (links > MOST_LINKS) {
            throw new IOException(file + " goes through too many links");
        }
        Path current = file.getRoot();
        for (int i = 0; i < file.getNameCount(); i++) {
            requireStep(Node.of(current));
            current = current.resolve(file.getName(i));
            Node next;
            try {
                next = Node.of(current);
            } catch (NoSuchFileException e) {
                return file;
            }
            if (next.isLink()) {
                if (!next.isOurs() && !CurrentUser.maybeRoot(next.uid())) {
                    throw belongsToAnother(next);
                }
                Path target = current.resolveSibling(Files.readSymbolicLink(current));
                Path rest = i + 1 < file.getNameCount() ? file.subpath(i + 1, file.getNameCount()) : null;
                return requireWay((rest == null ? target : target.resolve(rest)).normalize(), links + 1);
            }
            if (i + 1 < file.getNameCount() && !next.isFolder()) {
                // whoever opens it gets the better error
                return file;
            }
        }
        return file;
    }

    private static void requireStep(Node folder) throws IOException {
        if (!folder.isOurs() && !CurrentUser.maybeRoot(folder.uid())) {
            throw belongsToAnother(folder);
        }
        requireNames(folder);
    }

    /** Whether what lies in a folder stays in its place although others may write there. */
    static void requireNames(Node folder) throws IOException {
        if (folder.isShared() && !folder.isSticky() && !isMountPoint(folder.path())) {
            throw new UntrustedFileException(
                    "%s can be written by %s (mode %s), who could replace what lies in it"
                            .formatted(folder.path(), folder.who(), folder.permissions()),
                    "Run: chmod go-w %s, or chmod +t %s".formatted(folder.path(), folder.path()));
        }
    }

    /** A volume of a container is open to all in many places, and nobody but the container is in there. */
    private static boolean isMountPoint(Path folder) {
        try {
            List<String> mounts = Files.readAllLines(Path.of("/proc/self/mountinfo"));
            String point = folder.toString()
                    .replace("\\", "\\134")
                    .replace(" ", "\\040")
                    .replace("\t", "\\011");
            return mounts.stream()
                    .map(line -> line.split(" "))
                    .anyMatch(fields -> fields.length > MOUNT_POINT && fields[MOUNT_POINT].equals(point));
        } catch (IOException e) {
            return false;
        }
    }
}
