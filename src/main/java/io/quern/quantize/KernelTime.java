package io.quern.quantize;

import java.util.List;
import java.util.Optional;

/**
 * The time of products with weights of one type on this processor.
 *
 * @param type ggml's number of the type
 * @param vectors tokens of the batch
 * @param nanos of one thread, for a number of weights that is the same for all types
 * @param rearranged whether llama.cpp has kernels that want the weights rearranged
 */
record KernelTime(int type, int vectors, long nanos, boolean rearranged) {

    /** Returns the time of a type, or empty if it was not measured. */
    static Optional<KernelTime> of(List<KernelTime> times, int type, int vectors) {
        return times.stream()
                .filter(time -> time.type == type && time.vectors == vectors)
                .findFirst();
    }

    /** Reads a line that the process or the cache has written; see {@link #line}. */
    static KernelTime read(List<String> words) {
        Answers.require(words, 5);
        return new KernelTime(
                (int) Answers.whole(words, 1),
                (int) Answers.whole(words, 2),
                Math.max(1, Answers.whole(words, 3)),
                Boolean.parseBoolean(words.get(4)));
    }

    String line() {
        return String.join(
                "\t",
                "kernel",
                Integer.toString(type),
                Integer.toString(vectors),
                Long.toString(nanos),
                Boolean.toString(rearranged));
    }
}
