package io.quern.bench;

/**
 * One streamed answer, in nanoseconds of {@link System#nanoTime}.
 *
 * @param sent when the request was sent
 * @param firstToken when the first text came
 * @param ended when the stream ended
 * @param tokens as the service counts them in its usage
 */
public record Answer(long sent, long firstToken, long ended, int tokens) {
    double timeToFirstTokenMillis() {
        return (firstToken - sent) / 1e6;
    }
}
