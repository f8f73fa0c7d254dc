package io.quern.model;

import io.quern.tools.CallFormat;
import io.quern.tools.ReasoningFormat;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/** Selects the model to serve. */
@ConfigMapping(prefix = "quern")
public interface ModelConfig {

    /**
     * The model to serve: the path of a GGUF file (for a split model, of its first part), {@code hf:OWNER/REPO} with
     * {@code :QUANTISATION} or {@code /FILE.gguf} for a model of the hub, or an https URL. {@code demo} is the small
     * model inside the application.
     */
    @WithDefault(DemoModel.NAME)
    String model();

    /** The name clients use for the model. By default the file name without {@code .gguf} and part number. */
    Optional<String> modelName();

    /**
     * The format in which the model calls tools. By default the one of its chat template. {@code none}: calls stay in
     * the content.
     */
    @WithDefault("auto")
    CallFormat toolParser();

    /**
     * The marks around the model's reasoning. By default those of its chat template. {@code none}: reasoning stays in
     * the content.
     */
    @WithDefault("auto")
    ReasoningFormat reasoningParser();
}
