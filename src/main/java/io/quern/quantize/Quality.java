package io.quern.quantize;

/**
 * How much a model has changed, and how fast both files are.
 *
 * @param positions of the text at which both files predicted the next token
 * @param sameToken share of the positions at which both find the same token most likely
 * @param divergence mean Kullback-Leibler divergence of the result from the source, in nats
 */
public record Quality(int positions, Side source, Side result, double sameToken, double divergence) {

    /**
     * One of the two files. Speeds are of decoding alone, with the threads of the measurement.
     *
     * @param perplexity on the text; lower is better
     * @param promptPerSecond tokens of a prompt
     * @param onePerSecond tokens of a single stream
     * @param eightPerSecond tokens of eight streams together
     */
    public record Side(double perplexity, double promptPerSecond, double onePerSecond, double eightPerSecond) {}
}
