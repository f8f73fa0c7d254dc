package io.quern.model;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Bounds for chat templates: they are programs that come with a model file. */
@ConfigMapping(prefix = "quern.template")
public interface TemplateConfig {

    /** How long a conversation may take to become a prompt; usual ones take well under a millisecond. */
    @WithDefault("2s")
    Duration timeout();

    /** The largest prompt a template may make, in characters. */
    @WithDefault("16777216")
    int maxOutput();

    /** Threads that render; a template that could not be stopped would hold one for ever. */
    @WithDefault("4")
    int threads();
}
