package io.quern.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Creates folders and files that only this process's user can enter or read, and deletes them. */
public final class PrivateFolder {
    private static final String NAME = "quern";
    private static final String FOLDER = "rwx------";
    private static final String FILE = "rw-------";

    private PrivateFolder() {}

    /**
     * Creates a folder of mode 0700, and the folders above it, if it does not exist. An existing folder of this user is
     * closed to others.
     *
     * @return the folder
     * @throws UntrustedFileException if it belongs to another user, or is a link
     * @throws IOException if it cannot be created
     */
    public static Path make(Path folder) throws IOException {
        if (!Node.isSupported()) {
            return Files.createDirectories(folder);
        }
        if (folder.getParent() != null) {
            Files.createDirectories(folder.getParent(), attributes(FOLDER));
        }
        try {
            return Files.createDirectory(folder, attributes(FOLDER));
        } catch (FileAlreadyExistsException e) {
            close(folder);
            return folder;
        }
    }

    /** Returns the path of this user's private folder in a place that several users share. */
    public static Path nameIn(Path shared) {
        return shared.resolve(Node.isSupported() ? NAME + "-" + Integer.toUnsignedString(CurrentUser.uid()) : NAME);
    }

    /**
     * Returns whether other users may write to a folder, so that Quern needs a private folder in it.
     *
     * @return false also if the folder does not exist
     * @throws UntrustedFileException if it belongs to a user other than this one and root, or if others could replace
     *     the files in it
     */
    public static boolean isShared(Path folder) throws IOException {
        if (!Node.isSupported()) {
            return false;
        }
        Node node;
        try {
            node = Node.of(Trust.requireWay(folder));
        } catch (NoSuchFileException e) {
            return false;
        }
        if (!node.isOurs()) {
            throw Trust.belongsToAnother(node);
        }
        boolean ownGroupOnly = node.uid() == CurrentUser.uid() && !node.isShared();
        if (ownGroupOnly || (node.mode() & 0022) == 0) {
            return false;
        }
        Trust.requireNames(node);
        return true;
    }

    /**
     * Creates a private folder in a place that several users share, such as the system's temporary folder. Its name is
     * the same each time, unless another user has taken that name.
     *
     * @throws IOException if none can be created
     */
    public static Path in(Path shared) throws IOException {
        Path folder = nameIn(shared);
        try {
            return make(folder);
        } catch (UntrustedFileException taken) {
            try (DirectoryStream<Path> others = Files.newDirectoryStream(shared, folder.getFileName() + "-*")) {
                for (Path other : others) {
                    if (Trust.isFolder(other) && Node.of(other).uid() == CurrentUser.uid()) {
                        close(other);
                        return other;
                    }
                }
            }
            return Files.createTempDirectory(shared, folder.getFileName() + "-", attributes(FOLDER));
        }
    }

    /** Writes a whole file of mode 0600: first under a temporary name, then renamed over the old file. */
    public static void write(Path file, String text) throws IOException {
        Path whole = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".new");
        try {
            append(whole, text);
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(whole);
        }
    }

    /** Appends to a file, which gets mode 0600 if it does not exist. Does not follow a link. */
    public static void append(Path file, String text) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.APPEND,
                        LinkOption.NOFOLLOW_LINKS),
                attributes(FILE))) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    /**
     * Deletes a folder and the files in it. Deletes links without following them, even if the folder is replaced in the
     * meantime.
     *
     * @throws IOException if it contains a folder, or is not a folder
     */
    public static void delete(Path folder) throws IOException {
        try (DirectoryStream<Path> above =
                Files.newDirectoryStream(folder.toAbsolutePath().getParent())) {
            if (above instanceof SecureDirectoryStream<Path> secure) {
                try (SecureDirectoryStream<Path> inside =
                        secure.newDirectoryStream(folder.getFileName(), LinkOption.NOFOLLOW_LINKS)) {
                    List<Path> files = new ArrayList<>();
                    inside.forEach(file -> files.add(file.getFileName()));
                    for (Path file : files) {
                        inside.deleteFile(file);
                    }
                }
                secure.deleteDirectory(folder.getFileName());
                return;
            }
        }
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            throw new NotDirectoryException(folder.toString());
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** Closes a folder to others if this user owns it. Folders of other users, including root's, are not changed. */
    private static void close(Path folder) throws IOException {
        Node node = Node.of(folder);
        if (node.isLink()) {
            throw new UntrustedFileException(folder + " is a link", "Remove it, and Quern creates a folder there");
        }
        if (!node.isFolder()) {
            throw new NotDirectoryException(folder.toString());
        }
        if (node.uid() != CurrentUser.uid()) {
            throw Trust.belongsToAnother(node);
        }
        if ((node.mode() & 0077) != 0) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(FOLDER));
        }
    }

    private static FileAttribute<?>[] attributes(String permissions) {
        return Node.isSupported()
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }
}
