package io.quern.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Remembers in a file of its own that other files have been checked, so that checking them again costs a look at each and not reading it.
 * It holds as long as nobody has written, replaced, renamed or chowned one: the time of a file's last change (ctime) is the kernel's, and
 * nobody can set it. So what another user has laid there does not become trusted by being given to this one.
 */
public final class Seal {
    private static final int MAX_BYTES = 1 << 16;

    private Seal() {}

    /**
     * Whether the files are the ones that were sealed, unchanged.
     *
     * @param seal the seal's own file
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

    /** Seals the files, which have been checked. */
    public static void write(Path seal, List<Path> files) throws IOException {
        PrivateFolder.write(seal, describe(files));
    }

    private static String describe(List<Path> files) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Path file : files) {
            String which =
                    Node.SUPPORTED ? "unix:ino,size,lastModifiedTime,ctime" : "size,lastModifiedTime,creationTime";
            Map<String, Object> found = Files.readAttributes(file, which, LinkOption.NOFOLLOW_LINKS);
            text.append(file.getFileName());
            // in the order of their names, for the map has none
            found.entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(one -> text.append(' ')
                    .append(one.getValue()));
            text.append('\n');
        }
        return text.toString();
    }
}
