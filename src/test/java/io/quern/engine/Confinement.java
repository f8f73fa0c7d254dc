package io.quern.engine;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * What a command is an argument of to run with less than a test has, as containers do it: as a user that /etc/passwd does not know,
 * with a file system that cannot be written. Only root can take that much away.
 */
final class Confinement {
    private static final String SOMEBODY = "4242";

    private static final List<String> AS_SOMEBODY =
            List.of("setpriv", "--reuid", SOMEBODY, "--regid", "0", "--clear-groups", "--no-new-privs");

    /** The home is mounted last, over what has become read-only; $1 is the folder, $2 and $3 are options of mounts. */
    private static final String READ_ONLY = """
            mount --make-rprivate / || exit 1
            awk '{print $5}' /proc/self/mountinfo | while read -r one; do mount -o remount,bind,ro "$one" 2> /dev/null; done
            mount -t tmpfs -o "$3" quern-shm /dev/shm || exit 1
            mount -t tmpfs -o "mode=0770,uid=%s,gid=0,$2" quern-home "$1" || exit 1
            shift 3
            exec "$@"
            """.formatted(SOMEBODY);

    private Confinement() {}

    /** A user without a name; where the test is not run by root, the user that runs it. */
    static List<String> asAnotherUser() throws Exception {
        if (!isRoot()) {
            return List.of();
        }
        return somebody();
    }

    /** A user without a name, and so without a home folder. */
    static List<String> asSomebody() throws Exception {
        assumeTrue(isRoot(), "skipped: only root can become another user");
        return somebody();
    }

    /** A user of its own that may have so many threads and processes, and that owns the folder. */
    static List<String> withThreads(int most, Path folder) throws Exception {
        assumeTrue(isRoot(), "skipped: the limit does not hold for root, and only root can become another user");
        somebody();
        String user = "4343";
        Files.setAttribute(folder, "unix:uid", Integer.parseInt(user));
        return List.of("setpriv", "--reuid", user, "--regid", "0", "--clear-groups", "prlimit", "--nproc=" + most);
    }

    /**
     * That user, and nothing but one folder that can be written.
     *
     * @param options of that folder's file system, such as {@code size=1m}
     * @param shm those of /dev/shm
     */
    static List<String> readOnlyBut(Path folder, String options, String shm) throws Exception {
        assumeTrue(isRoot(), "skipped: only root can mount");
        List<String> command = new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", READ_ONLY, "sh"));
        command.addAll(List.of(folder.toString(), options, shm));
        command.addAll(somebody());
        assumeTrue(works(command, "true"), "skipped: no namespace of mounts can be made here");
        return command;
    }

    /** The first process of a namespace, whose parent exits as it does; nothing in particular where that cannot be had. */
    static List<String> asPid1OrNot() throws InterruptedException {
        List<String> command = List.of("unshare", "--pid", "--fork", "--kill-child", "--mount-proc");
        return works(command, "true") ? command : List.of();
    }

    /** For a test's own folder, which JUnit has closed to others. */
    static void open(Path folder) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static List<String> somebody() throws Exception {
        assumeTrue(
                works(
                        AS_SOMEBODY,
                        "test",
                        "-r",
                        Path.of("target/quarkus-app/quarkus-run.jar")
                                .toAbsolutePath()
                                .toString()),
                "skipped: without setpriv, or in a folder that others cannot read");
        return AS_SOMEBODY;
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static boolean works(List<String> under, String... command) throws InterruptedException {
        List<String> whole = new ArrayList<>(under);
        whole.addAll(List.of(command));
        try {
            return new ProcessBuilder(whole)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
