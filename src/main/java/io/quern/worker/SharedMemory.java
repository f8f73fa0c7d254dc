package io.quern.worker;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.quern.wire.StateLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Memory with a descriptor but without a name (memfd_create(2)). Another process can open it by this process's
 * descriptor and keep it after this one has ended. The kernel frees it when the last holder ends. Linux only.
 */
final class SharedMemory {
    /** Processes that this one starts do not inherit the descriptor. */
    private static final int MFD_CLOEXEC = 1;

    private static final int MADV_REMOVE = 9;

    private final int descriptor;
    private MethodHandle advise;

    private SharedMemory(int descriptor) {
        this.descriptor = descriptor;
    }

    static boolean possible() {
        return System.getProperty("os.name").startsWith("Linux");
    }

    /** @throws IOException if the kernel refuses */
    static SharedMemory create() throws IOException {
        Linker linker = Linker.nativeLinker();
        int descriptor;
        try (Arena arena = Arena.ofConfined()) {
            // the engine recognises the opened descriptor by this name
            MemorySegment name = arena.allocateFrom(StateLayout.NAME_PREFIX + UUID.randomUUID());
            MethodHandle create = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("memfd_create"),
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
            descriptor = (int) create.invokeExact(name, MFD_CLOEXEC);
        } catch (Throwable e) {
            throw unexpected(e);
        }
        if (descriptor < 0) {
            throw new IOException("memfd_create failed");
        }
        return new SharedMemory(descriptor);
    }

    /** Returns the path at which processes of the same user can open it while this one lives. */
    String path() {
        return "/proc/" + ProcessHandle.current().pid() + "/fd/" + descriptor;
    }

    /** Maps bytes until this process ends. The kernel allocates only written pages. */
    MemorySegment map(long bytes) throws IOException {
        try (FileChannel channel =
                FileChannel.open(Path.of(path()), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, Arena.global());
        }
    }

    /**
     * Returns the pages of a part to the kernel. They are zero when they are read again.
     *
     * @param part a part of the mapping, in whole pages
     */
    void giveBack(MemorySegment part) {
        try {
            if (advise == null) {
                Linker linker = Linker.nativeLinker();
                advise = linker.downcallHandle(
                        linker.defaultLookup().findOrThrow("madvise"),
                        FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
            }
            int result = (int) advise.invokeExact(part, part.byteSize(), MADV_REMOVE);
            if (result != 0) {
                throw new IllegalStateException("madvise(MADV_REMOVE) failed");
            }
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static RuntimeException unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException known ? known : new IllegalStateException(e);
    }
}
