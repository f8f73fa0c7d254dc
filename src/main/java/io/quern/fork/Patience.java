package io.quern.fork;

import java.time.Duration;

/**
 * How long a launcher may be silent.
 *
 * @param answer once everything is loaded and an answer or a child's end is due
 * @param progress while it loads
 */
public record Patience(Duration answer, Duration progress) {}
