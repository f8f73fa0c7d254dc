package io.quern.libraries;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/** The inference library workers load. */
@ConfigMapping(prefix = "quern.llama")
public interface LlamaConfig {

    /** Folder with llama.cpp's libraries, of exactly the version this release is built for; by default the bundled ones. */
    Optional<Path> library();
}
