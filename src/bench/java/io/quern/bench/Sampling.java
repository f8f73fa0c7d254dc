package io.quern.bench;

/**
 * How the servers pick tokens.
 *
 * @param temperature 0 picks the most likely ones
 * @param topP 1 for off
 */
public record Sampling(double temperature, double topP) {
    public static final Sampling GREEDY = new Sampling(0, 1);

    /** Returns the fields of a request. The servers differ in their defaults for top_k and min_p, so both are off. */
    String fields() {
        return equals(GREEDY)
                ? "\"temperature\":0"
                : "\"temperature\":%s,\"top_p\":%s,\"top_k\":0,\"min_p\":0".formatted(temperature, topP);
    }

    /** Returns the title of a table of this model. */
    String title(String model) {
        return equals(GREEDY) ? model : model + ", temperature " + temperature + (topP < 1 ? ", top_p " + topP : "");
    }
}
