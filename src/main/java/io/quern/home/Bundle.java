package io.quern.home;

import io.quern.files.Seal;
import io.quern.files.Trust;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Files that are part of the application and are used from one folder of a file system.
 *
 * @param name a plain file name, with which the name of the unpacked folder begins
 * @param source reads the files' content
 */
public record Bundle(String name, List<Entry> entries, Source source) {
    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    public Bundle {
        if (!PLAIN_NAME.matcher(name).matches()) {
            throw new DamagedBundleException("not a valid bundle name: " + name);
        }
        entries = List.copyOf(entries);
        if (entries.isEmpty()) {
            throw new DamagedBundleException("the bundle " + name + " is empty");
        }
    }

    /** @param sha256 in lower-case hexadecimal */
    public record Entry(String name, long bytes, String sha256) {
        public Entry {
            if (!PLAIN_NAME.matcher(name).matches()) {
                throw new DamagedBundleException("not a valid file name in a bundle: " + name);
            }
            if (bytes < 0 || !SHA256.matcher(sha256).matches()) {
                throw new DamagedBundleException("not a valid size and SHA-256: " + bytes + " " + sha256);
            }
        }
    }

    /** Opens one of the files; the caller closes it. */
    @FunctionalInterface
    public interface Source {
        InputStream open(String entryName) throws IOException;
    }

    /** Returns whether all files exist in their full size. */
    boolean isWholeIn(Path folder) {
        return entries.stream().allMatch(entry -> isWholeIn(folder, entry));
    }

    /**
     * Returns whether all files exist, no other user could have written them, and none has changed since its digest was
     * verified.
     */
    boolean isSealedIn(Path folder, Path seal) {
        return Trust.isFolder(folder)
                && entries.stream().allMatch(entry -> isOwnIn(folder, entry))
                && Seal.holds(seal, filesIn(folder));
    }

    /** Returns whether no other user could have written the file, and its digest is right. Reads the whole file. */
    static boolean isIntactIn(Path folder, Entry entry) {
        if (!isOwnIn(folder, entry)) {
            return false;
        }
        try {
            return Sha256.of(folder.resolve(entry.name())).equals(entry.sha256());
        } catch (IOException e) {
            return false;
        }
    }

    List<Path> filesIn(Path folder) {
        return entries.stream().map(entry -> folder.resolve(entry.name())).toList();
    }

    private static boolean isOwnIn(Path folder, Entry entry) {
        return Trust.isRegular(folder.resolve(entry.name())) && isWholeIn(folder, entry);
    }

    private static boolean isWholeIn(Path folder, Entry entry) {
        Path file = folder.resolve(entry.name());
        try {
            return Files.isRegularFile(file) && Files.size(file) == entry.bytes();
        } catch (IOException e) {
            return false;
        }
    }

    String folderName() {
        StringBuilder content = new StringBuilder();
        for (Entry entry : entries) {
            content.append(entry.sha256()).append(' ').append(entry.name()).append('\n');
        }
        byte[] text = content.toString().getBytes(StandardCharsets.UTF_8);
        return name + "-" + Sha256.hex(Sha256.digest().digest(text)).substring(0, 16);
    }
}
