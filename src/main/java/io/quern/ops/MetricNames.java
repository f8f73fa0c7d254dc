package io.quern.ops;

import io.micrometer.core.instrument.Tags;
import jakarta.enterprise.inject.spi.ObserverMethod;
import java.util.Locale;

/** What all meters have in common. */
final class MetricNames {
    /** Start-up order of the beans that hold meters: behind the pool's (the default), which opens the model they are named by. */
    static final int BEHIND_THE_POOL = ObserverMethod.DEFAULT_PRIORITY + 100;

    private MetricNames() {}

    /** vLLM's label. */
    static Tags labels(String modelId) {
        return Tags.of("model_name", modelId);
    }

    /** {@code WorkerLost} as {@code worker_lost}. */
    static String snakeCase(String camelCase) {
        return camelCase.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }
}
