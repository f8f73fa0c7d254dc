package io.quern.generation;

/**
 * Makes tokens less likely that have occurred before.
 *
 * @param presence -2 to 2; subtracted once from the logit of each token generated so far
 * @param frequency -2 to 2; subtracted from the logit for each occurrence among the generated tokens
 * @param repetition over 0, up to 10; divides positive logits (multiplies negative ones) of tokens in prompt or output;
 *     1: off
 */
public record Penalties(double presence, double frequency, double repetition) {
    public static final Penalties NONE = new Penalties(0, 0, 1);

    public Penalties {
        Ranges.requireWithin("presence_penalty", presence, -2, 2);
        Ranges.requireWithin("frequency_penalty", frequency, -2, 2);
        if (!(repetition > 0 && repetition <= 10)) {
            throw new InvalidRequestException(
                    "repetition_penalty", "must be greater than 0 and at most 10, but is " + Ranges.plain(repetition));
        }
    }
}
