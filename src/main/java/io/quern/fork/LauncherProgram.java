package io.quern.fork;

import io.quern.home.ClassPathFolder;
import io.quern.home.Mounts;
import io.quern.home.Platform;
import io.quern.home.QuernHome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The launcher that travels in the application, where this build has one. */
public final class LauncherProgram {
    private static final String RESOURCES = "io/quern/fork/native/";
    private static final String FILE = "quern-launcher";

    private LauncherProgram() {}

    /** Whether this build carries one for this platform; cheap. */
    public static boolean isThere() {
        return resources().isPresent();
    }

    /**
     * Unpacks it where it is not yet.
     *
     * @return empty if this build carries none: no C compiler was there when it was made, or it is not for Linux
     * @throws io.quern.home.HomeException if it cannot be unpacked
     * @throws io.quern.home.DamagedBundleException if it is damaged
     */
    public static Optional<Path> file(QuernHome home) {
        return resources().map(folder -> home.lay(folder, "launcher").resolve(FILE));
    }

    /**
     * Why the launcher cannot be run where it lies; looks at it.
     *
     * @param program what {@link #file} gave
     * @return empty if it can, or there is none
     */
    public static String problem(Optional<Path> program) {
        if (program.isEmpty()) {
            return "";
        }
        Optional<Path> mount = Mounts.noexec(program.get());
        if (mount.isPresent()) {
            return program.get() + " is on a file system mounted noexec (" + mount.get() + ")";
        }
        return Files.isExecutable(program.get()) ? "" : "this process may not execute " + program.get();
    }

    private static Optional<ClassPathFolder> resources() {
        return ClassPathFolder.find(
                LauncherProgram.class.getClassLoader(),
                RESOURCES + Platform.ofThisProcess().name());
    }
}
