package io.quern.catalog;

import io.quern.settings.AutoNumber;
import io.quern.tools.CallFormat;
import io.quern.tools.ReasoningFormat;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithParentName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The models to serve, by the names that clients use. Each key overrides the one of the whole engine. */
@ConfigMapping(prefix = "quern.models")
public interface ModelsConfig {
    @WithParentName
    Map<String, Entry> byName();

    /** One model. */
    interface Entry {

        /** The model, as in {@code quern.model}. */
        String model();

        /** Further names that clients may use for the model. */
        Optional<List<String>> aliases();

        /** Whether the model is loaded at boot and stays loaded. Otherwise its first request loads it. */
        @WithDefault("false")
        boolean pinned();

        /** Overrides {@code quern.catalog.idle-timeout}. */
        Optional<Duration> idleTimeout();

        /** Overrides {@code quern.pool.workers}. */
        @WithConverter(AutoNumber.OfModel.class)
        Optional<OptionalInt> workers();

        /** Overrides {@code quern.pool.standbys}. */
        OptionalInt standbys();

        /** Overrides {@code quern.worker.start-method}. */
        Optional<String> startMethod();

        /** Overrides {@code quern.worker.slots}. */
        @WithConverter(AutoNumber.OfModel.class)
        Optional<OptionalInt> slots();

        /** Overrides {@code quern.worker.context-length}. */
        OptionalInt contextLength();

        /** Overrides {@code quern.worker.threads}. */
        @WithConverter(AutoNumber.OfModel.class)
        Optional<OptionalInt> threads();

        /** Overrides {@code quern.worker.devices}. */
        Optional<List<String>> devices();

        /** Overrides {@code quern.tool-parser}. */
        Optional<CallFormat> toolParser();

        /** Overrides {@code quern.reasoning-parser}. */
        Optional<ReasoningFormat> reasoningParser();
    }
}
