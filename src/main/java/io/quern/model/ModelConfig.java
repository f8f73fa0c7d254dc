package io.quern.model;

import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/** Which model is served. */
@ConfigMapping(prefix = "quern")
public interface ModelConfig {

    /** The path of a GGUF file. */
    Optional<String> model();

    /** What clients call the model; by default the file's name without .gguf. */
    Optional<String> modelName();
}
