package io.quern.libraries;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/** Selects the inference library that workers load. */
@ConfigMapping(prefix = "quern.llama")
public interface LlamaConfig {

    /**
     * A folder with llama.cpp's libraries, exactly of the version this release is built for. No other user may be able
     * to change it. By default the bundled libraries.
     */
    Optional<Path> library();
}
