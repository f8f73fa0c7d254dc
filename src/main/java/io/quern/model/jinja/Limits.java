package io.quern.model.jinja;

import java.time.Duration;

/**
 * @param time for one rendering
 * @param characters of the output and of every text on the way; lists may hold as many elements
 */
public record Limits(Duration time, int characters) {}
