package io.quern.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Decides whether a user other than root and this process's own could have changed a file. Checks owner and mode of the
 * file and of every folder and link on its path.
 */
public final class Trust {
    private static final int MOST_LINKS = 40;

    /** Field of a line of /proc/self/mountinfo. */
    private static final int MOUNT_POINT = 4;

    private Trust() {}

    /**
     * Checks the path to a file, and the file itself if it exists.
     *
     * @throws UntrustedFileException if another user could change it
     * @throws IOException if that cannot be determined
     */
    public static void require(Path file) throws IOException {
        Path real = requireWay(file);
        if (!Node.isSupported()) {
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
     * Checks the folders and links on the path to a file, which need not exist.
     *
     * @return its path with links resolved
     * @throws UntrustedFileException if another user could replace the file
     */
    public static Path requireWay(Path file) throws IOException {
        Path absolute = file.toAbsolutePath().normalize();
        return Node.isSupported() ? requireWay(absolute, 0) : absolute;
    }

    /**
     * Checks only the file itself: it must be a regular file or a folder, and not a link.
     *
     * @throws UntrustedFileException if another user could change it, or if it is something else
     */
    public static void requireItself(Path file) throws IOException {
        if (Node.isSupported()) {
            Node node = Node.of(file);
            if (!node.isFolder() && !node.isRegular()) {
                throw new UntrustedFileException(
                        file + " is a link or a special file", "Remove it, and Quern creates it again");
            }
            requireItself(node);
        }
    }

    /** Returns whether the file passes {@link #requireItself} and is a regular file. */
    public static boolean isRegular(Path file) {
        return is(file, false);
    }

    /** Returns whether the file passes {@link #requireItself} and is a folder. */
    public static boolean isFolder(Path file) {
        return is(file, true);
    }

    private static boolean is(Path file, boolean folder) {
        if (!Node.isSupported()) {
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
                "Remove it, or check its content and change its owner to root or to the user that Quern runs as"
                        + " (chown)");
    }

    private static Path requireWay(Path file, int links) throws IOException {
        if (links > MOST_LINKS) {
            throw new IOException(file + " has too many links on its path");
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
                // opening the file gives the better error
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

    /** Checks that other users cannot replace the files in a folder, even if they may write to it. */
    static void requireNames(Node folder) throws IOException {
        if (folder.isShared() && !folder.isSticky() && !isMountPoint(folder.path())) {
            throw new UntrustedFileException(
                    "%s can be written by %s (mode %s), who could replace the files in it"
                            .formatted(folder.path(), folder.who(), folder.permissions()),
                    "Run: chmod go-w %s, or chmod +t %s".formatted(folder.path(), folder.path()));
        }
    }

    /** A container's volume is often writable for everybody, but only the container's own processes see it. */
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
