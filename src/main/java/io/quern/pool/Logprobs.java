package io.quern.pool;

import io.quern.generation.TokenLogprob;
import io.quern.wire.Logprob;
import java.util.List;

/** Converts the log probabilities in a worker's frame. */
final class Logprobs {
    private Logprobs() {}

    static List<TokenLogprob> of(List<Logprob> frame) {
        // most requests ask for none
        return frame.isEmpty() ? List.of() : frame.stream().map(Logprobs::of).toList();
    }

    private static TokenLogprob of(Logprob one) {
        return new TokenLogprob(
                one.getToken(), one.getText().toByteArray(), one.getLogprob(), of(one.getTopList()), one.getRank());
    }
}
