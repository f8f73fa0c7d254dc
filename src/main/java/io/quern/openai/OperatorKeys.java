package io.quern.openai;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.SmallRyeConfig;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Holds the keys of operators. They are written, checked and compared like those of clients. */
public final class OperatorKeys {
    /** The key of the setting, which is taken literally and never ignored, like the API keys. */
    public static final String SETTING = "quern.ops.api-keys";

    private final ApiKeys keys;

    /**
     * Creates the keys.
     *
     * @param configured empty if no key is required
     */
    public OperatorKeys(Optional<List<String>> configured) {
        keys = new ApiKeys(configured.orElse(List.of()));
    }

    /**
     * Checks the setting. No message contains a key.
     *
     * @throws ConfigurationException if the setting is present but contains no key, or one that no client can send
     */
    public static void check(Optional<List<String>> configured, SmallRyeConfig all) {
        ApiKeys.check(SETTING, configured, ApiKeys.areConfigured(SETTING, all), OpenAiSettings.maxHeaderSize(all));
    }

    /**
     * Returns whether the request has a valid key.
     *
     * @param authorization value of the header, or null
     */
    public boolean admit(@Nullable String authorization) {
        return keys.client(authorization, "").isPresent();
    }
}
