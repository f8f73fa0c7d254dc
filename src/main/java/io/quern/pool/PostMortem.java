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
 * Collects what the engine knows about the end of a worker's process. Pure.
 *
 * @param memoryKill how the kernel killed it because memory ran out; empty if it did not
 * @param heapFull what to report if its JVM ran out of memory; empty if it did not
 * @param crash the crash report that it left; empty if there is none
 * @param lastOutput the last lines that it wrote
 */
record PostMortem(
        ExitStatus exit,
        Optional<String> memoryKill,
        Optional<String> heapFull,
        Optional<CrashTrace> crash,
        List<String> lastOutput) {

    /** A worker exits with this code after it has reported over its connection why it cannot serve. */
    private static final ExitStatus CANNOT_SERVE = new ExitStatus.Exited(65);

    /** The exit code of -XX:+ExitOnOutOfMemoryError. */
    private static final ExitStatus JVM_OUT_OF_MEMORY = new ExitStatus.Exited(3);

    /** @param bounds the bounds of its JVM */
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

    /** Returns whether the process ended because its own memory or the machine's ran out. */
    boolean outOfMemory() {
        return memoryKill.isPresent() || heapFull.isPresent();
    }

    /** Returns whether the worker's report may still be on its way. */
    boolean hasSaidWhy() {
        return exit.equals(CANNOT_SERVE);
    }

    /**
     * Returns whether a signal from outside ended the process: not a crash, and not the kernel when memory ran out.
     */
    boolean fromOutside() {
        return exit.fromOutside() && memoryKill.isEmpty();
    }

    /** Returns the assertion of native code that ended the process, if there was one. */
    Optional<String> assertion() {
        return LastWords.abort(lastOutput);
    }

    /** Returns how the process ended, why if that is known, and where its crash report is, for views. */
    String lastExit() {
        return how() + crash.map(trace -> "; crash report: " + trace.file()).orElse("");
    }

    /** Returns how the process ended, as a sentence. */
    String end() {
        return "its process ended with " + how();
    }

    /** Returns the same, with the last line of output if nothing else explains the end. */
    String why() {
        return cause().isPresent() ? end() : withLastWords();
    }

    /** Returns why the worker's life is over, if nothing else explains it. */
    String conclusion() {
        return withLastWords() + threadLimit(String.join("\n", lastOutput));
    }

    /** Names the limit on threads, if it kept a process from starting. */
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
                        // the banner of a crashing JVM says less than its crash report
                        || lastOutput.getLast().startsWith("#")
                        || assertion().filter(end()::contains).isPresent()
                ? end()
                : end() + "; its last line: " + lastOutput.getLast();
    }
}
