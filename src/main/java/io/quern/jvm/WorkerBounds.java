package io.quern.jvm;

import io.quarkus.runtime.configuration.MemorySizeConverter;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a worker's JVM may take besides its classes and code, and the largest request it is sized for. By default a JVM would take a quarter of
 * the machine's memory for its heap, which no plan of the memory could count. Pure.
 *
 * @param heapBytes the largest heap; a whole number of MiB
 * @param directBytes memory off the heap in which prompts are cut into tokens; a whole number of MiB
 * @param promptBytes the longest prompt that can fit into a slot: so many tokens, each the longest there is
 * @param requestBytes the largest request, as it travels to the worker
 */
public record WorkerBounds(long heapBytes, long directBytes, long promptBytes, long requestBytes) {
    private static final long MIB = 1L << 20;

    /** Measured: 3 MiB are live while a worker generates. The rest is what one step's frames and objects take until they are collected. */
    private static final long HEAP = 20 * MIB;

    /** Buffers of connections, batches, token tables. */
    private static final long DIRECT = 16 * MIB;

    /** Of the young generation: larger ones win nothing, since a step leaves little behind. */
    private static final long YOUNG = 10 * MIB;

    /** The bytes of a token, kept once it has been generated: an array and a reference to it. */
    private static final int PER_VOCABULARY_TOKEN = 32;

    /** The number of a token in the prompt, in what is prefilled, in what is kept for reuse, in the answer and in a replay. */
    private static final int PER_SLOT_TOKEN = 32;

    /** Times the request being read is there: the frame's bytes while their buffer grows, the message, its text, its tokens. */
    private static final int COPIES_IN_HEAP = 8;

    /** The same off the heap: the text, and a token of four bytes for each of its bytes at most. */
    private static final int COPIES_OFF_HEAP = 5;

    /** Of a request besides its prompt: 16 stop strings of 1000 characters, three bytes each. */
    private static final long OTHER_FIELDS = 64 << 10;

    /** A token to be replayed. */
    private static final int REPLAYED_TOKEN = 5;

    /** -Xmx and -Xms in all their spellings; a JVM does not start where its first heap would be larger than the largest. */
    private static final Pattern HEAP_OPTION =
            Pattern.compile("-(Xmx|Xms|XX:MaxHeapSize=|XX:InitialHeapSize=)(\\d{1,12}[kKmMgGtT]?)");

    /**
     * @param slots of the worker
     * @param contextLength tokens of each
     * @param vocabulary tokens that the model knows
     * @param longestToken bytes of the longest of them; 0 where that is not known
     * @param maxFrameBytes the largest frame between engine and worker
     * @param jvmOptions configured ones of the worker's JVM; where they bound the heap, that holds
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

    /** What a worker takes besides what every JVM takes. */
    public long bytes() {
        return heapBytes + directBytes - DIRECT;
    }

    /**
     * Options of the worker's JVM, before those of the configuration, which win. They are none of those its AOT cache depends on. A worker
     * whose heap is full ends, since nobody knows what its threads have left undone, and is started again.
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
