package io.quern.openai;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Configures the OpenAI API. */
@ConfigMapping(prefix = "quern.openai")
public interface OpenAiConfig {
    /** The key of {@link #enabled}, for the annotation that reads it at start-up. */
    String ENABLED = "quern.openai.enabled";

    /** The key of {@link #apiKeys}, which the engine takes literally and never ignores. */
    String API_KEYS = "quern.openai.api-keys";

    /** Whether the engine serves /v1. If not, none of its resources exist there. Read at start-up. */
    @WithDefault("true")
    boolean enabled();

    /**
     * Keys of clients ({@code Authorization: Bearer KEY}), separated by commas and otherwise taken literally. By
     * default clients need no key. If it is set, at least one key must be usable.
     */
    Optional<List<String>> apiKeys();

    /** Largest request body; a larger one gets 413. {@code quarkus.http.limits.max-body-size} does not apply. */
    @WithDefault("10M")
    MemorySize maxBodySize();

    /**
     * Memory for all bodies together until they are parsed. Beyond it a request gets 503, or 413 if its body can never
     * fit. While the engine parses a body, it counts as four times its length plus its messages. Several bodies of one
     * client may take at most half. By default a quarter of the engine's heap.
     */
    Optional<MemorySize> bodyMemory();

    /**
     * Bodies of one client that the engine parses at the same time; the others of this client wait. A body with a
     * complex schema takes up to half a second ({@code quern.grammar.max-steps}).
     */
    @WithDefault("2")
    int clientParsers();

    /** Longest time from the head of a request to the end of its body. After that it gets 408. */
    @WithDefault("2m")
    Duration bodyTimeout();

    /** Minimum rate of a body in bytes per second, over any 10 s. A slower one gets 408. 0: no minimum. */
    @WithDefault("1K")
    MemorySize bodyMinRate();

    /**
     * Host names that browsers may use for an engine without API keys, such as {@code chat.example.com},
     * {@code *.example.com}, or {@code *} for any. Always allowed are addresses, names without a dot, and names that
     * nobody can own on the Internet (below {@code .localhost}, {@code .local} and {@code .internal}).
     */
    Optional<List<String>> allowedHosts();

    /** How deep the JSON of a request may nest. */
    @WithDefault("64")
    int maxJsonDepth();

    /** Tools that a request may have. */
    @WithDefault("128")
    int maxTools();

    /** Characters that descriptions and schemas of a request's tools may have together. */
    @WithDefault("1M")
    MemorySize maxToolsSize();

    /**
     * {@code temperature} of requests that do not set it; 1 as in OpenAI's API. If the model's file recommends one,
     * that applies instead, see {@code quern.openai.recommended-sampling}.
     */
    @WithDefault("1.0")
    double defaultTemperature();

    /**
     * Whether requests that do not set {@code temperature}, {@code top_p}, {@code top_k}, {@code min_p} or
     * {@code repetition_penalty} get the value that the model's file recommends ({@code general.sampling.*} in its
     * metadata), if it recommends one.
     */
    @WithDefault("true")
    boolean recommendedSampling();

    /**
     * {@code max_tokens} of requests to /v1/completions that do not set it; 16 as in OpenAI's API. Chats that do not
     * set it may fill the context.
     */
    @WithDefault("16")
    int defaultCompletionTokens();

    /**
     * Most answers of one request: {@code n} or {@code best_of}, times the number of prompts. Each takes a slot, or a
     * place in the queue ({@code quern.admission.queue-size}).
     */
    @WithDefault("128")
    int maxChoices();

    /**
     * Most log probabilities of prompts that an answer contains, because of {@code prompt_logprobs} or {@code echo}:
     * the tokens of each prompt, times one more than the number of most likely tokens, for each choice that contains
     * them. Each takes about 100 bytes.
     */
    @WithDefault("200000")
    int maxPromptLogprobs();

    /** {@code Retry-After} of refusals without an estimate of their own, such as 503 while the model loads. */
    @WithDefault("5s")
    Duration retryAfter();

    /**
     * How often the engine looks for event streams that sent nothing, and writes a comment into them. The gap can
     * therefore last twice as long. Comments keep proxies from closing the stream and reveal clients that are gone. 0:
     * no comments.
     */
    @WithDefault("15s")
    Duration streamKeepAlive();

    /** How long a client whose body was refused may continue to send before its connection is closed. */
    @WithDefault("2s")
    Duration linger();

    /** Configures what happens to requests without a valid key, if keys are configured. */
    FailedLoginsConfig failedLogins();

    /** Limits the rate at which an address may try keys. A valid key is always served. */
    interface FailedLoginsConfig {
        /** Wrong keys that an address may send within the window. Further ones get 429 instead of 401. */
        @WithDefault("10")
        int limit();

        /**
         * Period over which the wrong keys of an address are counted; also the longest {@code Retry-After} of the 429.
         */
        @WithDefault("1m")
        Duration window();

        /** Delay of each of these 429 answers. 0: none. */
        @WithDefault("1s")
        Duration delay();

        /** Answers that may be delayed at the same time. Further ones go out at once. */
        @WithDefault("1000")
        int maxDelayed();

        /**
         * Addresses whose wrong keys are counted. If there are more, the engine forgets the address that has been quiet
         * longest. IPv6 addresses count by /64 network.
         */
        @WithDefault("10000")
        int maxAddresses();

        /**
         * Shortest time between two log lines about requests without a valid key. Each line summarises the requests
         * since the last one.
         */
        @WithDefault("10s")
        Duration logInterval();
    }
}
