package io.quern.bench;

/**
 * The times of one streamed answer, as {@link System#nanoTime} gives them.
 *
 * @param sent when the request was sent
 * @param firstToken when the first text came
 * @param ended when the stream ended
 * @param tokens number of tokens, as the service reports it in its usage
 */
public record Answer(long sent, long firstToken, long ended, int tokens) {
    double timeToFirstTokenMillis() {
        return (firstToken - sent) / 1e6;
    }
}
