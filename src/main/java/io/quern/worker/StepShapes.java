package io.quern.worker;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Chooses how steps are computed: by how many threads, and whether row by row. All shapes give the same bits
 * (docs/internals/exactness.md), so the fastest one is taken, as measured here: it depends on the processor, the
 * weights, and what else the machine computes. Slower shapes are tried again from time to time. Pure: callers pass all
 * times. Not thread-safe.
 */
final class StepShapes {
    /** With more rows, the kernels for several rows are always faster. */
    private static final int MOST_ONE_BY_ONE = 8;

    /** Steps after which a slower shape is tried again; each time twice as many, because a try may cost much. */
    private static final int TRIED_AGAIN = 64;

    /**
     * The same for all threads on pieces of prompts, of which there are few. They are nearly always faster, so if they
     * were not, the first measurements were probably disturbed by a program that has ended.
     */
    private static final int PROMPTS_TRIED_AGAIN = 8;

    /** Steps of such a try. */
    private static final int TRY = 3;

    private static final int SELDOM = 4096;

    /** A larger number of threads must be this much faster to be taken. */
    private static final double GAIN = 0.96;

    /** It must be this much faster to be kept. */
    private static final double KEPT = 0.98;

    /**
     * A step that took longer than this, compared with those before, counts as this: a pause of the machine, say. A try
     * ends early if it is slower than the best shape by this.
     */
    private static final double MOST_SLOWER = 1.3;

    /** Weight of the newest measurement. */
    private static final double WEIGHT = 0.25;

    private final boolean freeRows;
    private final int threads;
    private final int most;
    private final Map<Integer, Choice> choices = new HashMap<>();
    private int allowed;

    /** What is known about a shape. */
    private static final class Trial {
        final StepShape shape;

        private final int firstWait;

        double nanos;
        int measured;
        int waits;
        int since;

        /** @param firstWait steps after which it is tried again, the first time that it is slower */
        Trial(StepShape shape, int firstWait) {
            this.shape = shape;
            this.firstWait = firstWait;
            waits = firstWait;
        }

        void waitAsAtFirst() {
            waits = firstWait;
        }

        /** A first measurement may contain what happens only once, so the second one replaces it if it is better. */
        boolean known() {
            return measured > 1;
        }

        void measured(double time) {
            nanos = switch (measured) {
                case 0 -> time;
                case 1 -> Math.min(nanos, time);
                default -> nanos + WEIGHT * (Math.min(time, nanos * MOST_SLOWER) - nanos);
            };
            measured++;
            since = 0;
        }
    }

    /** The shapes for a number of rows. */
    private static final class Choice {
        final List<Trial> trials;

        /** The fastest one, even while fewer threads are allowed. */
        Trial best;

        /** The shape that is tried again, or null. */
        @Nullable
        Trial again;

        private final List<Double> times = new ArrayList<>();

        private int lastThreads = Integer.MAX_VALUE;

        Choice(List<Trial> trials) {
            this.trials = trials;
            best = trials.getFirst();
        }

        void tryAgain(Trial trial) {
            again = trial;
            times.clear();
        }

        void took(Trial trial, double time) {
            // the first step of threads that slept takes two to three times as long
            boolean woken = trial.shape.threads() > lastThreads;
            lastThreads = trial.shape.threads();
            if (woken) {
                return;
            }
            if (trial == again) {
                triedAgain(trial, time);
            } else {
                trial.measured(time);
            }
        }

        private void triedAgain(Trial trial, double time) {
            times.add(time);
            if (time > best.nanos * MOST_SLOWER || times.size() == TRY) {
                // what it was like before no longer counts
                trial.nanos = times.stream().sorted().toList().get(times.size() / 2);
                trial.since = 0;
                again = null;
            }
        }
    }

    /**
     * @param freeRows whether rows may be multiplied one by one
     * @param threads the threads that the worker may always use
     * @param most the most threads that it may ever use
     */
    StepShapes(boolean freeRows, int threads, int most) {
        this.freeRows = freeRows;
        this.threads = threads;
        this.most = Math.max(threads, most);
        allowed = threads;
    }

    /** Lets so many threads compute from the next step on. Other numbers than those of the settings do not count. */
    void allow(int number) {
        allowed = Math.clamp(number, threads, most);
    }

    /** Returns how to compute the next token of so many sequences. */
    StepShape ofRows(int rows) {
        return choose(rows).shape;
    }

    /**
     * Returns how long a step of so many rows takes at best with the threads that are allowed now, in nanoseconds;
     * empty if that was not measured yet.
     */
    OptionalDouble nanos(int rows) {
        Choice choice = choices.get(rows);
        return choice == null
                ? OptionalDouble.empty()
                : choice.trials.stream()
                        .filter(trial -> trial.known() && trial.shape.threads() <= allowed)
                        .mapToDouble(trial -> trial.nanos)
                        .min();
    }

    /** Returns how many threads compute the next pieces of prompts, of so many tokens together. */
    int threadsOfPrompts(int tokens) {
        return choose(prompts(tokens)).shape.threads();
    }

    /** Records how long a step took. */
    void took(int rows, StepShape shape, double nanos) {
        record(rows, shape, nanos);
    }

    /** Records how long pieces of prompts took. */
    void promptsTook(int tokens, int by, double nanos) {
        record(prompts(tokens), new StepShape(by, false), nanos / tokens);
    }

    /**
     * Returns the key of prompts, whose times are those of a token. A token in a short piece takes longer than one in a
     * long piece, so only pieces of about the same length are compared.
     */
    private static int prompts(int tokens) {
        return Integer.numberOfLeadingZeros(tokens) - Integer.SIZE;
    }

    private Trial choose(int rows) {
        Choice choice = choices.computeIfAbsent(rows, number -> new Choice(shapes(number)));
        List<Trial> possible = choice.trials.stream()
                .filter(trial -> trial.shape.threads() <= allowed)
                .toList();
        if (choice.again != null && possible.contains(choice.again)) {
            return choice.again;
        }
        choice.again = null;
        possible.forEach(trial -> trial.since++);
        boolean free = possible.contains(choice.best);
        Trial best = free ? choice.best : possible.getFirst();
        for (Trial trial : possible) {
            if (!trial.known()) {
                if (worthTrying(trial, possible)) {
                    return trial;
                }
            } else if (!best.known() || trial.nanos < best.nanos * gain(trial, best)) {
                best = trial;
            }
        }
        if (free && best != choice.best) {
            choice.best.waitAsAtFirst();
            choice.best = best;
        }
        for (Trial trial : possible) {
            if (trial != best && trial.known() && trial.since >= trial.waits) {
                trial.waits = Math.min(SELDOM, 2 * trial.waits);
                choice.tryAgain(trial);
                return trial;
            }
        }
        return best;
    }

    private static double gain(Trial trial, Trial best) {
        int more = Integer.compare(trial.shape.threads(), best.shape.threads());
        return more == 0 ? 1 : more > 0 ? GAIN : 1 / KEPT;
    }

    /** Numbers of threads are tried one after the other, and no more of them once one has gained nothing. */
    private static boolean worthTrying(Trial trial, List<Trial> possible) {
        Trial last = null;
        Trial first = null;
        for (Trial other : possible.subList(0, possible.indexOf(trial))) {
            if (other.shape.rowByRow() == trial.shape.rowByRow() && other.known()) {
                first = last;
                last = other;
            }
        }
        return first == null || last.nanos < first.nanos * gain(last, first);
    }

    private List<Trial> shapes(int rows) {
        List<Trial> shapes = new ArrayList<>();
        for (int number = threads; number < most; number *= 2) {
            add(shapes, rows, number);
        }
        add(shapes, rows, most);
        // a prompt is work for all threads, so the first one need not wait for measurements
        return rows < 0 ? shapes.reversed() : shapes;
    }

    private void add(List<Trial> shapes, int rows, int number) {
        int firstWait = rows < 0 && number == most ? PROMPTS_TRIED_AGAIN : TRIED_AGAIN;
        shapes.add(new Trial(new StepShape(number, false), firstWait));
        if (freeRows && rows > 1 && rows <= MOST_ONE_BY_ONE) {
            shapes.add(new Trial(new StepShape(number, true), TRIED_AGAIN));
        }
    }

    private void record(int rows, StepShape shape, double value) {
        Choice choice = choices.get(rows);
        if (choice != null) {
            choice.trials.stream()
                    .filter(trial -> trial.shape.equals(shape))
                    .forEach(trial -> choice.took(trial, value));
        }
    }
}
