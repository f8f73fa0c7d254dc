package io.quern.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The folders of the control groups that this process is in, for one controller.
 *
 * @param unified whether this is cgroup v2, which names its files differently
 * @param folders the process's own group first, then its parents as far as they are visible; inside a container the
 *     parents usually are not
 */
record CgroupFolders(boolean unified, List<Path> folders) {
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    /** @param controllers empty for the single hierarchy of v2 */
    private record Membership(List<String> controllers, String path) {
        boolean unified() {
            return controllers.equals(List.of(""));
        }
    }

    /**
     * @param group path in the hierarchy of the group that is mounted
     * @param options of the file system; v1 lists its controllers there
     */
    private record Mount(String group, String point, boolean unified, List<String> options) {}

    /**
     * Finds the groups of a controller. In a hybrid setup a controller belongs either to v1 or to v2; if it belongs to
     * v1, v2 has no files for it.
     *
     * @param root the folder that contains /proc and /sys
     * @param controller such as "memory"
     * @return empty if the kernel reports none
     */
    static Optional<CgroupFolders> find(Path root, String controller) {
        List<Membership> memberships = memberships(root);
        List<Mount> mounts = mounts(root);
        Optional<CgroupFolders> first = memberships.stream()
                .filter(one -> one.controllers().contains(controller))
                .findFirst()
                .flatMap(one -> folders(
                        root,
                        one.path(),
                        mounts.stream()
                                .filter(mount ->
                                        !mount.unified() && mount.options().contains(controller))
                                .toList()));
        return first.or(() -> memberships.stream()
                .filter(Membership::unified)
                .findFirst()
                .flatMap(one -> folders(
                        root, one.path(), mounts.stream().filter(Mount::unified).toList())));
    }

    private static Optional<CgroupFolders> folders(Path root, String path, List<Mount> mounts) {
        return mounts.stream()
                // a hierarchy may be mounted several times: take the mount that contains the group
                .filter(mount -> below(path, mount.group()).isPresent())
                .findFirst()
                .or(() -> mounts.stream().findFirst())
                .map(mount -> {
                    Path top = root.resolve(mount.point().substring(1));
                    // in a namespace the path may lead out of what is mounted: stop at the mount point
                    Path own =
                            top.resolve(below(path, mount.group()).orElse("")).normalize();
                    List<Path> folders = new ArrayList<>();
                    for (Path folder = own.startsWith(top) ? own : top;
                            folder != null && folder.startsWith(top);
                            folder = folder.getParent()) {
                        if (Files.isDirectory(folder)) {
                            folders.add(folder);
                        }
                    }
                    return new CgroupFolders(mount.unified(), List.copyOf(folders));
                });
    }

    /** Returns the path of a group relative to another one, without a leading slash. */
    private static Optional<String> below(String path, String group) {
        String parent = group.endsWith("/") ? group : group + "/";
        if (path.equals(group)) {
            return Optional.of("");
        }
        return path.startsWith(parent) ? Optional.of(path.substring(parent.length())) : Optional.empty();
    }

    /** Parses lines such as "4:memory:/docker/0a1b" and "0::/user.slice". */
    private static List<Membership> memberships(Path root) {
        return lines(root.resolve("proc/self/cgroup")).stream()
                .map(line -> line.split(":", 3))
                .filter(parts -> parts.length == 3)
                .map(parts -> new Membership(Arrays.asList(parts[1].split(",")), parts[2]))
                .toList();
    }

    /** Parses lines such as "32 31 0:29 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory". */
    private static List<Mount> mounts(Path root) {
        List<Mount> mounts = new ArrayList<>();
        for (String line : lines(root.resolve("proc/self/mountinfo"))) {
            String[] halves = line.split(" - ", 2);
            String[] before = halves[0].split(" ");
            String[] after = halves.length == 2 ? halves[1].split(" ") : new String[0];
            if (before.length >= 5
                    && after.length >= 3
                    && (after[0].equals("cgroup") || after[0].equals("cgroup2"))
                    && before[4].startsWith("/")) {
                mounts.add(new Mount(
                        plain(before[3]),
                        plain(before[4]),
                        after[0].equals("cgroup2"),
                        Arrays.asList(after[2].split(","))));
            }
        }
        return mounts;
    }

    /** Decodes escaped characters: the kernel writes a space as "\040". */
    private static String plain(String field) {
        return OCTAL.matcher(field)
                .replaceAll(
                        code -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(code.group(1), 8))));
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            // no such file, so no such groups
            return List.of();
        }
    }
}
