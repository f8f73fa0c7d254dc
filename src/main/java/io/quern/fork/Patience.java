package io.quern.fork;

import java.time.Duration;

/**
 * Longest times without a message from a launcher.
 *
 * @param answer when everything is loaded and it owes an answer or a child's end
 * @param progress while it loads
 */
public record Patience(Duration answer, Duration progress) {}
