package io.quern.worker;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Lets all other processes compute before the calling thread. */
public final class LowPriority {
    private static final int LOWEST = 19;

    private LowPriority() {}

    /** Lowers the priority of the calling thread; not possible everywhere, which makes no difference to results. */
    public static void apply() {
        try {
            Linker linker = Linker.nativeLinker();
            Optional<MemorySegment> nice = linker.defaultLookup().find("nice");
            if (nice.isPresent()) {
                int ignored = (int) linker.downcallHandle(nice.get(), FunctionDescriptor.of(JAVA_INT, JAVA_INT))
                        .invokeExact(LOWEST);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
