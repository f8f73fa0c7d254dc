package io.quern.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The engine as {@code quern serve} starts it for the first time. It chooses workers, threads, slots and context itself,
 * unless settings say otherwise.
 *
 * @param quern the command, in a folder that the build has put together
 * @param home a folder that does not exist yet
 * @param settings environment variables besides those that every benchmark sets
 */
public record DefaultEngine(Path quern, Path home, String title, Map<String, String> settings) implements Service.Kind {
    /** An engine with default settings. */
    public DefaultEngine(Path quern, Path home) {
        this(quern, home, "Quern", Map.of());
    }

    /** Ignores slots and context. */
    @Override
    public ProcessBuilder command(Path model, int slots, int context, int port) {
        ProcessBuilder builder = Service.Quern.engine(List.of(quern.toString(), "serve"), home, model, port);
        builder.environment().putAll(settings);
        return builder;
    }
}
