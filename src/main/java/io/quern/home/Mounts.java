package io.quern.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the kernel reports of the file system that a file lies on. */
public final class Mounts {
    private static final Path TABLE = Path.of("/proc/self/mountinfo");
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    /** Of a line such as "36 35 98:0 /mnt1 /mnt2 rw,noexec shared:1 - ext3 /dev/root rw". */
    private static final int POINT = 4;

    private static final int OPTIONS = 5;

    private Mounts() {}

    /**
     * Where the file system is mounted that the file lies on, or will lie on once its folders are made, if nothing on
     * it may be executed: no program can be run from there and no library loaded.
     *
     * @return empty if programs can be run there, or if that is not known
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
            // a later line hides an earlier one of the same place
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

    /** Blanks and the like are written as "\040". */
    private static String plain(String field) {
        return OCTAL.matcher(field)
                .replaceAll(
                        code -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(code.group(1), 8))));
    }
}
