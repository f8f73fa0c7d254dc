package io.quern.fork;

import io.quern.home.ClassPathFolder;
import io.quern.home.Mounts;
import io.quern.home.Platform;
import io.quern.home.QuernHome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The launcher that is bundled with the application, if this build has one. */
public final class LauncherProgram {
    private static final String RESOURCES = "io/quern/fork/native/";
    private static final String FILE = "quern-launcher";

    private LauncherProgram() {}

    /** Returns whether this build contains a launcher for this platform. Cheap. */
    public static boolean isThere() {
        return resources().isPresent();
    }

    /**
     * Unpacks the launcher if necessary.
     *
     * @return its path, or empty if this build has none, because it was built without a C compiler or not for Linux
     * @throws io.quern.home.HomeException if it cannot be unpacked
     * @throws io.quern.home.DamagedBundleException if the bundled file is damaged
     */
    public static Optional<Path> file(QuernHome home) {
        return resources().map(folder -> home.lay(folder, "launcher").resolve(FILE));
    }

    /**
     * Returns why the launcher cannot be run at its path. Reads the file's state.
     *
     * @param program the result of {@link #file}
     * @return the reason, or empty if it can run or there is none
     */
    public static String problem(Optional<Path> program) {
        if (program.isEmpty()) {
            return "";
        }
        Optional<Path> mount = Mounts.noexec(program.get());
        if (mount.isPresent()) {
            return program.get() + " is on a file system mounted noexec (" + mount.get() + ")";
        }
        return Files.isExecutable(program.get()) ? "" : "this process has no permission to execute " + program.get();
    }

    private static Optional<ClassPathFolder> resources() {
        return ClassPathFolder.find(
                LauncherProgram.class.getClassLoader(),
                RESOURCES + Platform.ofThisProcess().name());
    }
}
