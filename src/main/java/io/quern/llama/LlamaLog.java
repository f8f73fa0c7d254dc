package io.quern.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.BiConsumer;

/** Receives llama.cpp's log, keeps the last errors for error messages, and passes all lines on. */
final class LlamaLog {
    private static final int KEPT_ERRORS = 5;

    private final BiConsumer<LogLevel, String> listener;
    private final LogLines lines;
    private final Deque<String> errors = new ArrayDeque<>();

    LlamaLog(LogLevel least, BiConsumer<LogLevel, String> listener) {
        this.listener = listener;
        this.lines = new LogLines(least, this::line);
    }

    /** Returns a C function for {@code llama_log_set}. It lives as long as the process, because the library does. */
    MemorySegment callback() {
        try {
            MethodHandle target = MethodHandles.lookup()
                    .findVirtual(
                            LlamaLog.class,
                            "log",
                            MethodType.methodType(void.class, int.class, MemorySegment.class, MemorySegment.class))
                    .bindTo(this);
            return Linker.nativeLinker()
                    .upcallStub(target, FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS, ADDRESS), Arena.global());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    void forgetErrors() {
        synchronized (errors) {
            errors.clear();
        }
    }

    List<String> lastErrors() {
        synchronized (errors) {
            return List.copyOf(errors);
        }
    }

    @SuppressWarnings("unused") // called from C
    private void log(int level, MemorySegment text, MemorySegment userData) {
        try {
            lines.fragment(level, () -> Types.string(text));
        } catch (RuntimeException e) {
            // an exception that leaves an upcall would end the process, which is worse than a lost log line
            listener.accept(LogLevel.WARN, "a log line of llama.cpp was lost: " + e);
        }
    }

    private void line(LogLevel level, String line) {
        if (level == LogLevel.ERROR) {
            synchronized (errors) {
                if (errors.size() == KEPT_ERRORS) {
                    errors.removeFirst();
                }
                errors.addLast(line);
            }
        }
        listener.accept(level, line);
    }
}
