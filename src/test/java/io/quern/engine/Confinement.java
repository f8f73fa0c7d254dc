package io.quern.engine;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * Prefixes for commands that run them with few rights, as containers do: as a user that is not in /etc/passwd, with a
 * read-only file system. Only root can use them; otherwise most of these methods skip the test.
 */
final class Confinement {
    private static final String SOMEBODY = "4242";

    private static final List<String> AS_SOMEBODY =
            List.of("setpriv", "--reuid", SOMEBODY, "--regid", "0", "--clear-groups", "--no-new-privs");

    /** Mounts the writable folder $1 last. $2 are the mount options of that folder, $3 those of /dev/shm. */
    private static final String READ_ONLY = """
            mount --make-rprivate / || exit 1
            awk '{print $5}' /proc/self/mountinfo | while read -r one; do mount -o remount,bind,ro "$one" 2> /dev/null; done
            mount -t tmpfs -o "$3" quern-shm /dev/shm || exit 1
            mount -t tmpfs -o "mode=0770,uid=%s,gid=0,$2" quern-home "$1" || exit 1
            shift 3
            exec "$@"
            """.formatted(SOMEBODY);

    private Confinement() {}

    /** Runs the command as a user without a name, or as the current user if that is not root. */
    static List<String> asAnotherUser() throws Exception {
        if (!isRoot()) {
            return List.of();
        }
        return somebody();
    }

    /** Runs the command as a user without a name, and therefore without a home folder. */
    static List<String> asSomebody() throws Exception {
        assumeTrue(isRoot(), "skipped: only root can become another user");
        return somebody();
    }

    /**
     * Runs the command as another user that owns the folder and may have {@code most} threads and processes at most.
     */
    static List<String> withThreads(int most, Path folder) throws Exception {
        assumeTrue(isRoot(), "skipped: the limit does not hold for root, and only root can become another user");
        somebody();
        String user = "4343";
        Files.setAttribute(folder, "unix:uid", Integer.parseInt(user));
        return List.of("setpriv", "--reuid", user, "--regid", "0", "--clear-groups", "prlimit", "--nproc=" + most);
    }

    /**
     * Runs the command as a user without a name that can write to one folder only.
     *
     * @param options mount options of that folder, such as {@code size=1m}
     * @param shm mount options of /dev/shm
     */
    static List<String> readOnlyBut(Path folder, String options, String shm) throws Exception {
        assumeTrue(isRoot(), "skipped: only root can mount");
        List<String> command = new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", READ_ONLY, "sh"));
        command.addAll(List.of(folder.toString(), options, shm));
        command.addAll(somebody());
        assumeTrue(works(command, "true"), "skipped: cannot create a mount namespace");
        return command;
    }

    /**
     * Runs the command as PID 1 of a namespace, below a parent that exits with its status. If that is not possible,
     * runs it normally.
     */
    static List<String> asPid1OrNot() throws InterruptedException {
        List<String> command = List.of("unshare", "--pid", "--fork", "--kill-child", "--mount-proc");
        return works(command, "true") ? command : List.of();
    }

    /** Makes a folder that JUnit has created for a test readable for other users. */
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
                "skipped: setpriv is missing, or other users cannot read this folder");
        return AS_SOMEBODY;
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static boolean works(List<String> prefix, String... command) throws InterruptedException {
        List<String> whole = new ArrayList<>(prefix);
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
