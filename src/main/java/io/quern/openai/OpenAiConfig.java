package io.quern.openai;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What operators decide about the OpenAI API. */
@ConfigMapping(prefix = "quern.openai")
public interface OpenAiConfig {
    /** {@link #enabled}, for the annotation that asks for it at start-up. */
    String ENABLED = "quern.openai.enabled";

    /** {@link #apiKeys}, which is read literally and never passed over. */
    String API_KEYS = "quern.openai.api-keys";

    /** Whether the API answers; without it nothing of ours is below /v1, as if the resources were not there. Read at start-up. */
    @WithDefault("true")
    boolean enabled();

    /**
     * Keys that clients may authenticate with ({@code Authorization: Bearer KEY}), separated by commas and otherwise taken literally;
     * without the setting no key is asked for, and with it at least one must be usable.
     */
    Optional<List<String>> apiKeys();

    /** The largest request body taken; beyond it the answer is 413. {@code quarkus.http.limits.max-body-size} is not asked. */
    @WithDefault("10M")
    MemorySize maxBodySize();

    /**
     * Memory that all bodies together may take while they are received and parsed; beyond it the answer is 503. While it is parsed a body
     * counts four times its length. Several bodies of one client take at most half of it. Without it a quarter of the heap.
     */
    Optional<MemorySize> bodyMemory();

    /** How long a body may take from its request's head to its end; beyond it the answer is 408. */
    @WithDefault("2m")
    Duration bodyTimeout();

    /** Bytes a second at which a body must come, over any 10 s; below it the answer is 408. 0: any. */
    @WithDefault("1K")
    MemorySize bodyMinRate();

    /**
     * Host names by which browsers may ask an engine without API keys, beside addresses, names without a dot and names that are nobody's on
     * the Internet ({@code localhost}, {@code .local}, {@code .internal}): {@code chat.example.com}, {@code *.example.com}, or {@code *} for
     * any.
     */
    Optional<List<String>> allowedHosts();

    /** How deep JSON objects and arrays may nest in a request. */
    @WithDefault("64")
    int maxJsonDepth();

    /** {@code temperature} of requests that name none; 1 as in OpenAI's API. */
    @WithDefault("1.0")
    double defaultTemperature();

    /** {@code max_tokens} of /v1/completions where the request names none; 16 as in OpenAI's API. Chats have no bound but the context. */
    @WithDefault("16")
    int defaultCompletionTokens();

    /** {@code Retry-After} of refusals that know no better, such as 503 while the model loads. */
    @WithDefault("5s")
    Duration retryAfter();

    /**
     * How long an event stream may be silent before a comment is written into it, so that no proxy takes it for dead and a client that has
     * vanished is noticed. It is looked after at this interval, so a silence can last twice as long. 0: no comments.
     */
    @WithDefault("15s")
    Duration streamKeepAlive();

    /** How long a client whose body was refused may go on sending before its connection is closed. */
    @WithDefault("2s")
    Duration linger();

    /** What happens to requests without a valid key, if keys are configured. */
    FailedLoginsConfig failedLogins();

    /** Bounds the rate at which an address may try keys. A valid key is served whatever else comes from its address. */
    interface FailedLoginsConfig {
        /** Wrong keys that an address may send within the window before their answer is 429 instead of 401. */
        @WithDefault("10")
        int limit();

        /** The time over which wrong keys of an address are counted; also the longest {@code Retry-After} of the 429. */
        @WithDefault("1m")
        Duration window();

        /** How long each 429 is held back. 0: not at all. */
        @WithDefault("1s")
        Duration delay();

        /** Answers that are held back at the same time; further ones go out at once. */
        @WithDefault("1000")
        int maxDelayed();

        /** Addresses whose wrong keys are counted. Beyond it the one that was quiet for longest is forgotten. IPv6 counts by /64. */
        @WithDefault("10000")
        int maxAddresses();

        /** The least time between two log lines about requests without a valid key; each line sums up those since the last one. */
        @WithDefault("10s")
        Duration logInterval();
    }
}
