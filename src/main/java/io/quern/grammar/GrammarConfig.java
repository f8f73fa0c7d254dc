package io.quern.grammar;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/**
 * Limits grammars that requests bring along, as JSON Schemas, regular expressions or in llama.cpp's notation. A request
 * beyond a limit is refused.
 */
@ConfigMapping(prefix = "quern.grammar")
public interface GrammarConfig {

    /** Largest regular expression or grammar of a client, and largest grammar made from a schema. */
    @WithDefault("1M")
    MemorySize maxSize();

    /** Most rules, including those that llama.cpp makes of groups and repetitions. */
    @WithDefault("20000")
    int maxRules();

    /** Deepest nesting of groups. llama.cpp parses them by recursion. */
    @WithDefault("64")
    int maxDepth();

    /** Most repetitions of one expression, and most elements of an array with bounds. llama.cpp counts up to 2000. */
    @WithDefault("2000")
    int maxRepetitions();

    /** Most alternatives that may be open at one place of the text. Each costs time for each token. */
    @WithDefault("1000")
    int maxAlternatives();

    /** Most steps to make and check the grammars of one request. A million take up to half a second of CPU time. */
    @WithDefault("1000000")
    int maxSteps();

    /**
     * Longest time that llama.cpp may take for one token under a grammar. Then the request fails. All streams of the
     * worker wait for that token.
     */
    @WithDefault("3s")
    Duration tokenTimeout();
}
