package io.quern.model.jinja;

import java.time.Duration;

/**
 * What one rendering may cost, see {@link Budget}.
 *
 * @param time for one rendering
 * @param characters of the output and of every text on the way
 * @param steps in all
 * @param bytes of all texts and lists that are made
 */
public record Limits(Duration time, int characters, long steps, long bytes) {}
