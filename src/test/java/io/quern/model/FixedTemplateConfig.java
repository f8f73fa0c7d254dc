package io.quern.model;

import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Optional;

record FixedTemplateConfig(Duration timeout, int maxOutput, int threads, int maxSteps, Optional<MemorySize> maxMemory)
        implements TemplateConfig {

    FixedTemplateConfig(Duration timeout, int maxOutput, int threads) {
        this(timeout, maxOutput, threads, Integer.MAX_VALUE, Optional.of(new MemorySize(BigInteger.ONE.shiftLeft(40))));
    }
}
