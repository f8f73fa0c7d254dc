package io.quern.model;

import java.time.Duration;

record FixedTemplateConfig(Duration timeout, int maxOutput, int threads) implements TemplateConfig {}
