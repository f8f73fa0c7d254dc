package io.quern.fork;

import java.time.Duration;

/**
 * Longest times without a message from a launcher.
 *
 * @param answer when everything is loaded and it owes an answer or a child's end
 * @param progress while it loads
 * @param stopped in both cases, if somebody has stopped its process; zero: as long as any other
 */
public record Patience(Duration answer, Duration progress, Duration stopped) {}
