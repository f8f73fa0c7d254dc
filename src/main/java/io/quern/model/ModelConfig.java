package io.quern.model;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/** Which model is served. */
@ConfigMapping(prefix = "quern")
public interface ModelConfig {

    /** The path of a GGUF file, of a model in several files the first, or demo for the small one that travels in the application. */
    @WithDefault(DemoModel.NAME)
    String model();

    /** What clients call the model; by default the file's name without .gguf and without the number of a part. */
    Optional<String> modelName();
}
