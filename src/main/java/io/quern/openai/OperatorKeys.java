package io.quern.openai;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.SmallRyeConfig;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The keys of operators, which are written, checked and compared as those of clients are. */
public final class OperatorKeys {
    /** Read literally and never passed over, as the API's keys. */
    public static final String SETTING = "quern.ops.api-keys";

    private final ApiKeys keys;

    /** @param configured empty if no key is asked for */
    public OperatorKeys(Optional<List<String>> configured) {
        keys = new ApiKeys(configured.orElse(List.of()));
    }

    /**
     * Checks the setting. No message holds a key.
     *
     * @throws ConfigurationException if the setting is there but has no key, or one that nobody could send
     */
    public static void check(Optional<List<String>> configured, SmallRyeConfig all) {
        ApiKeys.check(SETTING, configured, ApiKeys.areConfigured(SETTING, all), OpenAiSettings.maxHeaderSize(all));
    }

    /** @param authorization the header's value, or null */
    public boolean admit(@Nullable String authorization) {
        return keys.client(authorization, "").isPresent();
    }
}
