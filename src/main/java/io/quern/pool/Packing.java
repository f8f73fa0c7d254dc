package io.quern.pool;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jboss.logging.Logger;

/**
 * Decides on how many workers streams run: many workers with few threads, or few workers with many threads and larger
 * batches. Which is faster depends on the model, its weights, the processor and the number of streams, so this measures
 * both from time to time while streams run, and keeps what is faster. Used on the supervisor's thread.
 */
final class Packing {
    private static final Logger LOG = Logger.getLogger(WorkerPool.class);

    /** A single stream runs on one worker anyway. */
    private static final int LEAST_STREAMS = 2;

    /** Another number of workers must be this many times as fast. */
    private static final double GAIN = 1.05;

    /** Looks after a change that do not count: streams move, and workers try how many threads are worth using. */
    private static final int SETTLING = 6;

    /** The looks of one measurement. */
    private static final int LOOKS = 4;

    /** A trial without a measurement after so many looks is given up. */
    private static final int PATIENCE = 40;

    /**
     * The next trial after one that was neither clearly faster nor clearly slower, and after the first one that was
     * slower: another program may have taken the cores meanwhile.
     */
    private static final long SHORT_WAIT_NANOS = 15_000_000_000L;

    private static final long FIRST_WAIT_NANOS = 4 * SHORT_WAIT_NANOS;
    private static final long LONGEST_WAIT_NANOS = 60 * FIRST_WAIT_NANOS;

    private final SortedMap<Integer, Load> loads = new TreeMap<>();
    private volatile List<Distribution.Measured> measured = List.of();

    /** What is known about a number of streams, roughly. A trial continues when there are as many streams again. */
    private static final class Load {
        private final Map<Integer, Double> rates = new HashMap<>();
        private int best;

        /** The number of workers that is tried at the moment, or 0. */
        private int trial;

        private int trialLooks;
        private boolean fewerNext = true;
        private long wait = SHORT_WAIT_NANOS;
        private long nextTrial;

        /** How many trials in a row were clearly slower. */
        private int slower;

        /** The number of workers of the present measurement. */
        private int workers;

        private int measured;
        private double sum;

        /**
         * @param best the number of workers that is probably fastest
         * @param nextTrial when another number may be tried
         */
        Load(int best, long nextTrial) {
            this.best = best;
            this.nextTrial = nextTrial;
        }

        void measure(int used, double rate) {
            if (used != workers) {
                measureAgain();
            }
            workers = used;
            sum += rate;
            measured++;
        }

        void measureAgain() {
            measured = 0;
            sum = 0;
        }

        void begin(int number) {
            trial = number;
            trialLooks = 0;
        }

        void giveUp(long nanos) {
            trial = 0;
            nextTrial = nanos + wait;
            wait = Math.min(2 * wait, LONGEST_WAIT_NANOS);
        }
    }

    private int used;
    private int looks;

    /**
     * Returns how many workers the streams should use. Called regularly while there are any.
     *
     * @param streams the number of running streams
     * @param least the number of workers that have enough slots for them
     * @param most the number of workers that serve
     * @param rate tokens per second of all streams since the last call; empty if streams moved or waited, or if they
     *     do not run on the number of workers that was returned last
     * @param nanos the time
     */
    int use(int streams, int least, int most, OptionalDouble rate, long nanos) {
        Load load = load(size(streams), nanos);
        looks++;
        load.trialLooks++;
        if (rate.isPresent() && looks > SETTLING) {
            load.measure(used, rate.getAsDouble());
        }
        if (load.measured == LOOKS) {
            // a second of load says little, so what was measured before counts as much, unless it was perhaps disturbed
            boolean again = load.slower == 1 && used == load.trial;
            load.rates.merge(used, load.sum / LOOKS, (before, now) -> again ? now : (before + now) / 2);
            load.measureAgain();
            if (load.trial > 0) {
                judge(load, streams, least, most, nanos);
                measured = measured(most);
            } else if (streams >= LEAST_STREAMS && nanos - load.nextTrial >= 0) {
                load.begin(next(load, least, most));
            }
        } else if (load.trial > 0 && load.trialLooks > PATIENCE) {
            load.giveUp(nanos);
        }
        int use = Math.clamp(load.trial > 0 ? load.trial : load.best, least, most);
        if (use != used) {
            used = use;
            looks = 0;
        }
        return use;
    }

    /**
     * Returns what is known about this many streams. At first that is what was best for the most similar number. It
     * counts like a measurement, so the first trial waits.
     */
    private Load load(int size, long nanos) {
        Load known = loads.get(size);
        if (known != null) {
            return known;
        }
        Load load = loads.entrySet().stream()
                .filter(other -> other.getValue().rates.size() > 1)
                .min(Comparator.comparingInt(other -> Math.abs(other.getKey() - size)))
                .map(similar -> new Load(similar.getValue().best, nanos + FIRST_WAIT_NANOS))
                .orElseGet(() -> new Load(Integer.MAX_VALUE, nanos));
        loads.put(size, load);
        return load;
    }

    /** Returns what was measured so far. Any thread may call it. */
    List<Distribution.Measured> measured() {
        return measured;
    }

    private List<Distribution.Measured> measured(int most) {
        List<Distribution.Measured> all = new ArrayList<>();
        loads.forEach((size, load) -> {
            if (load.rates.size() > 1) {
                SortedMap<Integer, Long> rates = new TreeMap<>();
                load.rates.forEach((number, rate) -> rates.put(number, Math.round(rate)));
                all.add(new Distribution.Measured(
                        (int) Math.round(Math.pow(2, size / 2.0)),
                        Math.min(load.best, most),
                        Collections.unmodifiableSortedMap(rates)));
            }
        });
        return List.copyOf(all);
    }

    /** Numbers of streams that are treated alike: about 2, 3, 4, 6, 8, 11, 16, 23, 32 and so on. */
    private static int size(int streams) {
        return streams < LEAST_STREAMS ? 0 : (int) Math.round(2 * Math.log(streams) / Math.log(2));
    }

    /** Returns the number of workers to try, or 0 if there is none. */
    private int next(Load load, int least, int most) {
        int fewer = used > least ? Math.max(least, (used + 1) / 2) : 0;
        int more = used < most ? Math.min(most, 2 * used) : 0;
        int chosen = load.fewerNext && fewer > 0 || more == 0 ? fewer : more;
        load.fewerNext = chosen != fewer;
        return chosen;
    }

    private void judge(Load load, int streams, int least, int most, long nanos) {
        int tried = load.trial;
        int before = Math.min(load.best, most);
        double old = load.rates.getOrDefault(before, 0.0);
        double rate = load.rates.getOrDefault(used, 0.0);
        if (used != tried || rate < GAIN * old) {
            load.slower = rate * GAIN < old ? load.slower + 1 : 0;
            if (load.slower > 1) {
                load.wait = Math.max(load.wait, FIRST_WAIT_NANOS);
            }
            load.giveUp(nanos);
            return;
        }
        LOG.infof(
                "About %d streams now run on %d of %d workers: %.0f tokens/s, and %.0f on %d",
                streams, tried, most, rate, old, before);
        // the same direction once more
        load.fewerNext = tried < before;
        boolean further = load.fewerNext ? tried > least : tried < most;
        load.best = tried;
        load.slower = 0;
        load.trial = 0;
        load.wait = FIRST_WAIT_NANOS;
        load.nextTrial = further ? nanos : nanos + load.wait;
    }
}
