package io.quern.home;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Files that travel inside the application and are used from one folder of a file system.
 *
 * @param name a plain file name; begins the name of the folder they are unpacked to
 * @param source where they are read from
 */
public record Bundle(String name, List<Entry> entries, Source source) {
    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    public Bundle {
        if (!PLAIN_NAME.matcher(name).matches()) {
            throw new DamagedBundleException("not a plain name of a bundle: " + name);
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
                throw new DamagedBundleException("not a plain file name: " + name);
            }
            if (bytes < 0 || !SHA256.matcher(sha256).matches()) {
                throw new DamagedBundleException("not a size and a SHA-256: " + bytes + " " + sha256);
            }
        }
    }

    /** Opens one of the files; the caller closes it. */
    @FunctionalInterface
    public interface Source {
        InputStream open(String entryName) throws IOException;
    }

    /** Whether all files are there in their full size. */
    public boolean liesIn(Path folder) {
        return entries.stream().allMatch(entry -> liesIn(folder, entry));
    }

    static boolean liesIn(Path folder, Entry entry) {
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
