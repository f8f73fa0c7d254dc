package io.quern.llama;

import static io.quern.llama.Types.INT;
import static io.quern.llama.Types.POINTER;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The time for which the calling thread has computed. The workers' Java has no module that would know it. On systems
 * other than Linux it is the time of day.
 */
public final class ThreadClock {
    private static final int THREAD_CPU_TIME = 3;
    private static final long NANOS = 1_000_000_000;

    private final MethodHandle read;
    private final MemorySegment time = Arena.ofAuto().allocate(JAVA_LONG, 2);
    private final boolean linux = System.getProperty("os.name").startsWith("Linux");

    public ThreadClock() {
        Linker linker = Linker.nativeLinker();
        read = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("clock_gettime"), FunctionDescriptor.of(INT, INT, POINTER));
    }

    /** Returns nanoseconds since some moment. */
    public long nanos() {
        try {
            if (linux && (int) read.invokeExact(THREAD_CPU_TIME, time) == 0) {
                return time.getAtIndex(JAVA_LONG, 0) * NANOS + time.getAtIndex(JAVA_LONG, 1);
            }
            return System.nanoTime();
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }
}
