package io.quern.pool;

import java.util.List;
import java.util.SortedMap;

/**
 * How running streams are distributed over the workers of a model, for people and probes.
 *
 * @param moved streams that were asked to move to another worker since the model was loaded, although none was lost
 * @param measured what was measured about numbers of streams; a number that was not tried on several numbers of workers
 *     is missing
 */
public record Distribution(long moved, List<Measured> measured) {

    /**
     * What was measured about a number of streams.
     *
     * @param streams about so many
     * @param workers the number of workers on which so many streams run
     * @param tokensPerSecond of all these streams together, by the number of workers
     */
    public record Measured(int streams, int workers, SortedMap<Integer, Long> tokensPerSecond) {}
}
