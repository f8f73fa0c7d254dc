package io.quern.ops;

import io.micrometer.core.instrument.Tags;
import jakarta.enterprise.inject.spi.ObserverMethod;
import java.util.Locale;

/** The label, the names and the start order that all meters share. */
final class MetricNames {
    /**
     * Start order of the beans with meters: after the pool, which has the default priority and opens the model that
     * names them.
     */
    static final int AFTER_THE_POOL = ObserverMethod.DEFAULT_PRIORITY + 100;

    private MetricNames() {}

    /** Returns the label of all meters, which is vLLM's. */
    static Tags labels(String modelId) {
        return Tags.of("model_name", modelId);
    }

    /** Returns whether Quern, and no library that it uses, registers meters of this name. */
    static boolean isOurs(String name) {
        return name.startsWith("quern_") || name.startsWith("vllm:");
    }

    /** Converts {@code WorkerLost} to {@code worker_lost}. */
    static String snakeCase(String camelCase) {
        return camelCase.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }
}
