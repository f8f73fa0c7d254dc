package io.quern.worker;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Advises the kernel on pages of memory (madvise(2)). Linux only.
 *
 * @param size bytes of a page
 */
record Pages(long size) {
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_REMOVE = 9;
    private static final int MADV_NOHUGEPAGE = 15;

    /** Returns the pages of this machine. */
    static Pages ofMachine() {
        return new Pages(Calls.pageSize());
    }

    /**
     * Returns the whole pages in a part of private memory to the kernel. They are zero when they are read again.
     *
     * @throws IllegalStateException if the kernel refuses
     */
    void discard(MemorySegment part) {
        require(advise(part, MADV_DONTNEED));
    }

    /** Asks the kernel not to use huge pages for a part of private memory. It refuses if it has none. */
    void keepSmall(MemorySegment part) {
        advise(part, MADV_NOHUGEPAGE);
    }

    /**
     * Returns the pages of a part of shared memory to the kernel. They are zero when they are read again.
     *
     * @param part in whole pages
     * @throws IllegalStateException if the kernel refuses
     */
    static void remove(MemorySegment part) {
        require(Calls.advise(part, MADV_REMOVE));
    }

    private int advise(MemorySegment part, int advice) {
        long begin = Math.ceilDiv(part.address(), size) * size;
        long end = (part.address() + part.byteSize()) / size * size;
        return begin < end ? Calls.advise(part.asSlice(begin - part.address(), end - begin), advice) : 0;
    }

    private static void require(int result) {
        if (result != 0) {
            throw new IllegalStateException("madvise failed");
        }
    }

    /** The functions of the C library. They are linked together when the first one is called, which takes time. */
    private static final class Calls {
        /** As on every Linux. */
        private static final int SC_PAGESIZE = 30;

        private static final Linker LINKER = Linker.nativeLinker();

        private static final MethodHandle ADVISE =
                linked("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

        private static final MethodHandle CONFIGURED = linked("sysconf", FunctionDescriptor.of(JAVA_LONG, JAVA_INT));

        private Calls() {}

        static int advise(MemorySegment part, int advice) {
            try {
                return (int) ADVISE.invokeExact(part, part.byteSize(), advice);
            } catch (Throwable e) {
                throw SharedMemory.unexpected(e);
            }
        }

        static long pageSize() {
            try {
                return (long) CONFIGURED.invokeExact(SC_PAGESIZE);
            } catch (Throwable e) {
                throw SharedMemory.unexpected(e);
            }
        }

        private static MethodHandle linked(String name, FunctionDescriptor type) {
            return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
        }
    }
}
