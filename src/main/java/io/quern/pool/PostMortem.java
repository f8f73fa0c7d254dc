package io.quern.pool;

import io.quern.device.ThreadLimit;
import io.quern.jvm.CrashTrace;
import io.quern.jvm.WorkerBounds;
import io.quern.process.ExitStatus;
import io.quern.process.LastWords;
import io.quern.settings.ByteFormat;
import java.util.List;
import java.util.Optional;

/**
 * What an ended process of a worker tells of its end. Pure.
 *
 * @param memoryKill how the kernel killed it for want of memory; empty if it did not
 * @param heapFull what its JVM says when it ends for want of memory of its own; empty if it does not
 * @param crash the trace that it left; empty where there is none
 * @param lastOutput the last lines it wrote
 */
record PostMortem(
        ExitStatus exit,
        Optional<String> memoryKill,
        Optional<String> heapFull,
        Optional<CrashTrace> crash,
        List<String> lastOutput) {

    /** A worker that cannot serve has told why, over its connection, before it ended with this. */
    private static final ExitStatus CANNOT_SERVE = new ExitStatus.Exited(65);

    /** By -XX:+ExitOnOutOfMemoryError. */
    private static final ExitStatus JVM_OUT_OF_MEMORY = new ExitStatus.Exited(3);

    /** @param bounds that its JVM had */
    static PostMortem of(
            ExitStatus exit,
            Optional<String> memoryKill,
            Optional<CrashTrace> crash,
            List<String> lastOutput,
            WorkerBounds bounds) {
        boolean heapFull = exit.equals(JVM_OUT_OF_MEMORY)
                && lastOutput.stream().anyMatch(line -> line.contains("OutOfMemoryError"));
        return new PostMortem(
                exit,
                memoryKill,
                heapFull ? Optional.of(heapFull(bounds.heapBytes())) : Optional.empty(),
                crash,
                lastOutput);
    }

    private static String heapFull(long bytes) {
        return "its JVM ran out of memory, with a heap of " + ByteFormat.of(bytes)
                + "; set a larger one, such as quern.worker.jvm-options=-Xmx" + 2 * (bytes >> 20) + "m";
    }

    /** Whether it ended for want of memory, its own or the machine's. */
    boolean outOfMemory() {
        return memoryKill.isPresent() || heapFull.isPresent();
    }

    /** Whether its last words may still be on their way. */
    boolean hasSaidWhy() {
        return exit.equals(CANNOT_SERVE);
    }

    /** Whether a signal ended it that neither a crash nor the kernel for want of memory has sent. */
    boolean fromOutside() {
        return exit.fromOutside() && memoryKill.isEmpty();
    }

    /** What native code asserted at the end, if it did. */
    Optional<String> assertion() {
        return LastWords.abort(lastOutput);
    }

    /** As views show it: how it ended, why if that is known, and where its trace lies. */
    String lastExit() {
        return how() + crash.map(trace -> "; its trace: " + trace.file()).orElse("");
    }

    /** A sentence. */
    String end() {
        return "its process ended by " + how();
    }

    /** A sentence, with the last line it wrote if that is all that tells why. */
    String why() {
        return cause().isPresent() ? end() : withLastWords();
    }

    /** Why the worker's life is over, if nothing else tells. */
    String conclusion() {
        return withLastWords() + threadLimit(String.join("\n", lastOutput));
    }

    /** Named where it is what kept a process from starting. */
    static String threadLimit(String said) {
        return ThreadLimit.reached(said) ? ". " + ThreadLimit.describe() : "";
    }

    private String how() {
        return exit + cause().map(what -> ": " + what).orElse("");
    }

    private Optional<String> cause() {
        return memoryKill.or(() -> heapFull).or(this::assertion).or(() -> crash.map(CrashTrace::what)
                .filter(what -> !what.isEmpty()));
    }

    private String withLastWords() {
        return lastOutput.isEmpty()
                        // the banner that a crashing JVM prints: its trace says more
                        || lastOutput.getLast().startsWith("#")
                        || assertion().filter(end()::contains).isPresent()
                ? end()
                : end() + "; its last line: " + lastOutput.getLast();
    }
}
