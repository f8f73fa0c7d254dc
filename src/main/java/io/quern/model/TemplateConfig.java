package io.quern.model;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Limits chat templates, which are programs inside model files. Each limit applies to one conversation. */
@ConfigMapping(prefix = "quern.template")
public interface TemplateConfig {

    /** Longest time to turn a conversation into a prompt. Most conversations take well under a millisecond. */
    @WithDefault("2s")
    Duration timeout();

    /** Longest prompt a template may create, in characters. */
    @WithDefault("16777216")
    int maxOutput();

    /**
     * Most steps to turn a conversation into a prompt. Evaluating an expression, visiting an element of a list, and
     * scanning or copying 16 characters of a text are one step each.
     */
    @WithDefault("50000000")
    int maxSteps();

    /**
     * Memory for all texts and lists that a template creates for one conversation. By default a quarter of the engine's
     * heap divided by the rendering threads, at most 512 MiB.
     */
    Optional<MemorySize> maxMemory();

    /** Rendering threads, never more than there are processors. */
    @WithDefault("4")
    int threads();
}
