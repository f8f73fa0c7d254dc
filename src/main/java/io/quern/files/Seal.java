package io.quern.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Records in a file that other files have been verified, so that the next check reads their metadata and not their
 * content. A seal breaks when a file is written, replaced, renamed or changes its owner: the kernel sets the time of
 * the last change (ctime), and no user can set it. A file that another user put there therefore does not become trusted
 * when its owner is changed to this user.
 */
public final class Seal {
    private static final int MAX_BYTES = 1 << 16;

    private Seal() {}

    /**
     * Returns whether the files are the ones that were sealed, unchanged.
     *
     * @param seal the file that holds the seal
     */
    public static boolean holds(Path seal, List<Path> files) {
        try {
            return Trust.isRegular(seal)
                    && Files.size(seal) <= MAX_BYTES
                    && Files.readString(seal).equals(describe(files));
        } catch (IOException e) {
            return false;
        }
    }

    /** Seals the files. The caller has verified them. */
    public static void write(Path seal, List<Path> files) throws IOException {
        PrivateFolder.write(seal, describe(files));
    }

    private static String describe(List<Path> files) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Path file : files) {
            String which =
                    Node.isSupported() ? "unix:ino,size,lastModifiedTime,ctime" : "size,lastModifiedTime,creationTime";
            Map<String, Object> found = Files.readAttributes(file, which, LinkOption.NOFOLLOW_LINKS);
            text.append(file.getFileName());
            // sorted by name, because the map has no order
            found.entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(one -> text.append(' ')
                    .append(one.getValue()));
            text.append('\n');
        }
        return text.toString();
    }
}
