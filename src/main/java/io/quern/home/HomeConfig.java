package io.quern.home;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/** Where Quern keeps what it writes. */
@ConfigMapping(prefix = "quern")
public interface HomeConfig {

    /** The folder Quern writes below (unpacked libraries, AOT caches, the workers' socket); by default in the user's caches. */
    Optional<Path> home();

    /**
     * A folder that the command {@code prepare} has filled, with what a home would get at the first start. It is looked into before the home, and
     * never written: images have one.
     */
    Optional<Path> prepared();
}
