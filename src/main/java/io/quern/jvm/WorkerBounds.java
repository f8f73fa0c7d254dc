package io.quern.jvm;

import io.quarkus.runtime.configuration.MemorySizeConverter;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Limits the memory of a worker's JVM, apart from classes and code, and the largest request for which it is sized. By
 * default a JVM's heap may take a quarter of the machine's memory, which the memory plan could not account for. Pure.
 *
 * @param heapBytes largest heap in bytes; a whole number of MiB
 * @param directBytes off-heap memory for tokenising prompts in bytes; a whole number of MiB
 * @param promptBytes size of the longest prompt that fits into a slot, if every token is the longest of the vocabulary
 * @param requestBytes size of the largest request, as sent to the worker
 */
public record WorkerBounds(long heapBytes, long directBytes, long promptBytes, long requestBytes) {
    private static final long MIB = 1L << 20;

    /**
     * Measured: a generating worker has 3 MiB of live objects. The rest is for the garbage of its steps until it is
     * collected.
     */
    private static final long HEAP = 20 * MIB;

    /** Buffers of connections, batches, token tables. */
    private static final long DIRECT = 16 * MIB;

    /** Size of the young generation; a larger one gains nothing, since steps leave little garbage. */
    private static final long YOUNG = 10 * MIB;

    /** Memory for the bytes of a generated token: an array and a reference to it. */
    private static final int PER_VOCABULARY_TOKEN = 32;

    /** Memory for a token id in the prompt, the prefill, the kept prefix, the answer and a replay. */
    private static final int PER_SLOT_TOKEN = 32;

    /** Number of copies of a request during reading: the growing frame buffer, the message, its text and its tokens. */
    private static final int COPIES_IN_HEAP = 8;

    /** Number of copies off the heap: the text, and at most a token of four bytes per byte of it. */
    private static final int COPIES_OFF_HEAP = 5;

    /** Bytes of a request besides its prompt: 16 stop strings of 1000 characters, three bytes each. */
    private static final long OTHER_FIELDS = 64 << 10;

    /** Bytes of a token to be replayed. */
    private static final int REPLAYED_TOKEN = 5;

    /** Matches -Xmx and -Xms in all spellings. A JVM does not start if its initial heap exceeds the largest one. */
    private static final Pattern HEAP_OPTION =
            Pattern.compile("-(Xmx|Xms|XX:MaxHeapSize=|XX:InitialHeapSize=)(\\d{1,12}[kKmMgGtT]?)");

    /**
     * @param slots the worker's slots
     * @param contextLength tokens per slot
     * @param vocabulary number of tokens in the model's vocabulary
     * @param longestToken bytes of its longest token, or 0 if unknown
     * @param maxFrameBytes the largest frame between engine and worker
     * @param jvmOptions configured options of the worker's JVM; a heap limit in them wins
     */
    public static WorkerBounds of(
            int slots,
            int contextLength,
            long vocabulary,
            long longestToken,
            long maxFrameBytes,
            List<String> jvmOptions) {
        long prompt = longestToken == 0
                ? maxFrameBytes
                : (long) Math.min((double) maxFrameBytes, (double) contextLength * longestToken);
        long request = Math.min(maxFrameBytes, prompt + OTHER_FIELDS + (long) REPLAYED_TOKEN * contextLength);
        long needed = HEAP
                + vocabulary * PER_VOCABULARY_TOKEN
                + (long) slots * ((long) contextLength * PER_SLOT_TOKEN + request)
                + COPIES_IN_HEAP * request;
        return new WorkerBounds(
                configured(jvmOptions, wholeMib(needed)),
                wholeMib(DIRECT + COPIES_OFF_HEAP * request),
                prompt,
                request);
    }

    /** Returns the bytes that a worker needs beyond those of every JVM. */
    public long bytes() {
        return heapBytes + directBytes - DIRECT;
    }

    /**
     * Returns options for the worker's JVM. They precede the configured ones, which win. The AOT cache does not depend
     * on them. A worker with a full heap exits and is restarted, since its threads may be in any state.
     */
    public List<String> options() {
        return List.of(
                "-Xmx" + heapBytes / MIB + "m",
                "-Xmn" + Math.min(YOUNG, heapBytes / 2) / MIB + "m",
                "-XX:MaxDirectMemorySize=" + directBytes / MIB + "m",
                "-XX:+ExitOnOutOfMemoryError");
    }

    private static long configured(List<String> jvmOptions, long needed) {
        long most = needed;
        long first = 0;
        for (String option : jvmOptions) {
            Matcher matcher = HEAP_OPTION.matcher(option.strip());
            if (matcher.matches()) {
                long bytes = bytes(matcher.group(2));
                if (Stream.of("Xmx", "XX:MaxHeapSize=").anyMatch(matcher.group(1)::equals)) {
                    most = bytes;
                } else {
                    first = bytes;
                }
            }
        }
        return wholeMib(Math.max(most, first));
    }

    private static long bytes(String size) {
        return new MemorySizeConverter().convert(size).asLongValue();
    }

    private static long wholeMib(long bytes) {
        return Math.ceilDiv(bytes, MIB) * MIB;
    }
}
