package io.quern.home;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Determines the folder for caches that is usual on each operating system. A pure function of its components. */
record HomeLocation(String osName, Map<String, String> environment, String userHome) {
    private static final String FOLDER = "quern";

    static HomeLocation ofThisProcess() {
        return new HomeLocation(System.getProperty("os.name"), System.getenv(), System.getProperty("user.home"));
    }

    Path folder() {
        String os = osName.toLowerCase(Locale.ROOT);
        if (os.startsWith("windows")) {
            return absolute("LOCALAPPDATA")
                    .orElseGet(() -> userFolder().resolve("AppData").resolve("Local"))
                    .resolve(FOLDER);
        }
        if (os.startsWith("mac")) {
            return userFolder().resolve("Library").resolve("Caches").resolve(FOLDER);
        }
        return absolute("XDG_CACHE_HOME")
                .orElseGet(() -> userFolder().resolve(".cache"))
                .resolve(FOLDER);
    }

    /** The XDG specification requires that relative paths are ignored. */
    private Optional<Path> absolute(String variable) {
        return Optional.ofNullable(environment.get(variable)).map(Path::of).filter(Path::isAbsolute);
    }

    private Path userFolder() {
        // in a container, a user without an entry in /etc/passwd has the home "?"
        if (userHome == null || !Path.of(userHome).isAbsolute()) {
            throw new HomeException("The home folder of this process's user is not known");
        }
        return Path.of(userHome);
    }
}
