package io.quern.catalog;

import io.quern.launch.WorkerConfig;
import io.quern.model.ModelConfig;
import io.quern.pool.PoolConfig;
import java.time.Duration;
import java.util.List;

/**
 * A model as the configuration has it.
 *
 * @param key identifies it in the configuration: its name, the name of its file, or empty for {@code quern.model}
 * @param model its file, and its name if that is configured
 * @param aliases further names that clients may use
 * @param pinned whether it is loaded at boot and stays loaded
 * @param found whether its file was found in a folder, so that it is left out if it cannot be served
 * @param idleTimeout time without requests after which it is unloaded; zero: never
 */
public record ConfiguredModel(
        String key,
        ModelConfig model,
        List<String> aliases,
        boolean pinned,
        boolean found,
        Duration idleTimeout,
        PoolConfig pool,
        WorkerConfig worker) {

    /** Returns a name for people: the name for clients, or else its file or reference. */
    public String label() {
        return model.modelName().orElse(key.isEmpty() ? model.model() : key);
    }
}
