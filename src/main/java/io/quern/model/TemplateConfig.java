package io.quern.model;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Bounds for chat templates: they are programs that come with a model file. */
@ConfigMapping(prefix = "quern.template")
public interface TemplateConfig {

    /** How long a conversation may take to become a prompt; usual ones take well under a millisecond. */
    @WithDefault("2s")
    Duration timeout();

    /** The largest prompt a template may make, in characters. */
    @WithDefault("16777216")
    int maxOutput();

    /**
     * Steps a conversation may take to become a prompt: evaluations of expressions, elements of lists, sixteen characters each of texts
     * that are looked at or copied.
     */
    @WithDefault("50000000")
    int maxSteps();

    /**
     * Texts and lists that are made on the way from a conversation to its prompt, together. By default a quarter of the engine's heap,
     * shared out between the threads that render, and at most 512 MB.
     */
    Optional<MemorySize> maxMemory();

    /** Threads that render; never more than there are processors. */
    @WithDefault("4")
    int threads();
}
