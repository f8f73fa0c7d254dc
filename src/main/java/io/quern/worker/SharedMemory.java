package io.quern.worker;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

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

    /** Allows {@link #seal}. */
    private static final int MFD_ALLOW_SEALING = 2;

    private static final int F_ADD_SEALS = 1033;

    /** F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE. */
    private static final int ALL_SEALS = 1 | 2 | 4 | 8;

    private final int descriptor;

    private SharedMemory(int descriptor) {
        this.descriptor = descriptor;
    }

    static boolean possible() {
        return System.getProperty("os.name").startsWith("Linux");
    }

    /** @throws IOException if the kernel refuses */
    static SharedMemory create() throws IOException {
        int descriptor;
        try (Arena arena = Arena.ofConfined()) {
            // the engine recognises the opened descriptor by this name
            MemorySegment name = arena.allocateFrom(StateLayout.NAME_PREFIX + UUID.randomUUID());
            descriptor = (int) Calls.CREATE.invokeExact(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
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
        return map(0, bytes, Arena.global());
    }

    /** Maps a part, which grows the memory to its end, until the arena is closed. */
    MemorySegment map(long offset, long bytes, Arena arena) throws IOException {
        try (FileChannel channel =
                FileChannel.open(Path.of(path()), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, offset, bytes, arena);
        }
    }

    /** Returns the size of the memory, in bytes. */
    long size() throws IOException {
        try (FileChannel channel = FileChannel.open(Path.of(path()), StandardOpenOption.READ)) {
            return channel.size();
        }
    }

    /**
     * Makes the content and the size final, for every process. Nothing of it may be mapped.
     *
     * @throws IOException if the kernel refuses
     */
    void seal() throws IOException {
        int result;
        try {
            result = (int) Calls.CONTROL.invokeExact(descriptor, F_ADD_SEALS, ALL_SEALS);
        } catch (Throwable e) {
            throw unexpected(e);
        }
        if (result != 0) {
            throw new IOException("the memory cannot be sealed");
        }
    }

    /** Closes the descriptor. Another process that has opened it keeps the memory. */
    void close() {
        try {
            int ignored = (int) Calls.CLOSE.invokeExact(descriptor);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /**
     * Returns the pages of a part to the kernel. They are zero when they are read again.
     *
     * @param part a part of the mapping, in whole pages
     */
    void giveBack(MemorySegment part) {
        Pages.remove(part);
    }

    /** Returns what to throw after a call of a C function has thrown. */
    static RuntimeException unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException known ? known : new IllegalStateException(e);
    }

    /** The functions of the C library. They are linked together when the first memory is created, which takes time. */
    private static final class Calls {
        private static final Linker LINKER = Linker.nativeLinker();

        static final MethodHandle CREATE = linked("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

        /** fcntl(2) has a variable number of arguments. */
        static final MethodHandle CONTROL = linked(
                "fcntl",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
                Linker.Option.firstVariadicArg(2));

        static final MethodHandle CLOSE = linked("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

        private static MethodHandle linked(String name, FunctionDescriptor type, Linker.Option... options) {
            return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, options);
        }
    }
}
