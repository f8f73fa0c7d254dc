package io.quern.home;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/** Selects the folders Quern writes to and reads from. */
@ConfigMapping(prefix = "quern")
public interface HomeConfig {

    /**
     * The folder for everything Quern writes: unpacked libraries, AOT caches, the socket of the workers. By default
     * {@code quern} in the user's cache folder.
     */
    Optional<Path> home();

    /**
     * A read-only folder, filled by the command {@code prepare} with what the first start would write to the home. The
     * engine looks here before it looks in the home. The images have one.
     */
    Optional<Path> prepared();
}
