package io.quern.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reports properties of the file system that contains a file. */
public final class Mounts {
    private static final Path TABLE = Path.of("/proc/self/mountinfo");
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    /** Field of a line such as "36 35 98:0 /mnt1 /mnt2 rw,noexec shared:1 - ext3 /dev/root rw". */
    private static final int POINT = 4;

    private static final int OPTIONS = 5;

    private Mounts() {}

    /**
     * Finds out whether the file system that contains a file, or will contain it once its folders exist, is mounted
     * noexec. No program can be run and no library loaded from such a file system.
     *
     * @return its mount point if it is mounted noexec; empty if it is not, or if that is unknown
     */
    public static Optional<Path> noexec(Path file) {
        try {
            return noexec(file, Files.readAllLines(TABLE));
        } catch (IOException e) {
            // not Linux
            return Optional.empty();
        }
    }

    static Optional<Path> noexec(Path file, List<String> table) throws IOException {
        Path real = existing(file).toRealPath();
        Path point = null;
        boolean noexec = false;
        for (String line : table) {
            String[] fields = line.split(" ");
            if (fields.length <= OPTIONS || !fields[POINT].startsWith("/")) {
                continue;
            }
            Path mounted = Path.of(plain(fields[POINT]));
            // a later mount hides an earlier one at the same place
            if (real.startsWith(mounted) && (point == null || mounted.getNameCount() >= point.getNameCount())) {
                point = mounted;
                noexec = Arrays.asList(fields[OPTIONS].split(",")).contains("noexec");
            }
        }
        return noexec ? Optional.ofNullable(point) : Optional.empty();
    }

    private static Path existing(Path file) {
        Path one = file.toAbsolutePath().normalize();
        while (!Files.exists(one) && one.getParent() != null) {
            one = one.getParent();
        }
        return one;
    }

    /** Decodes escaped characters: the kernel writes a space as "\040". */
    private static String plain(String field) {
        return OCTAL.matcher(field)
                .replaceAll(
                        code -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(code.group(1), 8))));
    }
}
