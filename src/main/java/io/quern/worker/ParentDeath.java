package io.quern.worker;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.quern.wire.Guards;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;

/** Ties this process's life to its parent's. */
final class ParentDeath {
    private static final boolean LINUX = System.getProperty("os.name").startsWith("Linux");
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_GET_PDEATHSIG = 2;
    private static final long SIGKILL = 9;
    private static final long WATCH_MILLIS = 100;

    private ParentDeath() {}

    /**
     * Has the kernel kill this process when its parent dies. Linux alone can do that; elsewhere the end of the socket's
     * stream has to do.
     */
    static void kills() {
        if (LINUX) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
        }
    }

    /** What the kernel would send this process at its parent's death, if the calling thread is the one that has asked for it; 0: nothing. */
    static int signal() {
        if (!LINUX) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment signal = arena.allocate(JAVA_INT);
            prctl(PR_GET_PDEATHSIG, signal.address());
            return signal.get(JAVA_INT, 0);
        }
    }

    private static void prctl(int option, long argument) {
        try {
            Linker linker = Linker.nativeLinker();
            int result = (int) linker.downcallHandle(
                            linker.defaultLookup().findOrThrow("prctl"),
                            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG),
                            Linker.Option.firstVariadicArg(1))
                    .invokeExact(option, argument);
            if (result != 0) {
                throw new IllegalStateException("prctl(" + option + ") failed");
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether the parent is (still) this process: one that died before {@link #kills} was called sends no signal. */
    static boolean parentIs(long pid) {
        return ProcessHandle.current()
                .parent()
                .filter(parent -> parent.pid() == pid)
                .isPresent();
    }

    /**
     * How this process is tied to its parent, as it is at this moment.
     *
     * @param parent who is to be its parent; 0: nobody has said
     * @param signal as {@link #signal} has told it on the thread that has asked for it
     */
    static Guards look(long parent, int signal) {
        return Guards.newBuilder()
                .setParent(
                        ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(0L))
                .setParentDeathSignal(signal)
                .setParentChecked(parent != 0 && parentIs(parent))
                .build();
    }

    /**
     * Watches the parent and kills the children of this process when it is gone: one that records an AOT cache has a second JVM write
     * it, which knows of no parent, and by then the thread that the kernel's signal hangs on has ended.
     */
    static void killsChildren(long parent) {
        Thread.ofPlatform().daemon().name("parent-watch").start(() -> {
            try {
                while (parentIs(parent)) {
                    Thread.sleep(WATCH_MILLIS);
                }
            } catch (InterruptedException e) {
                return;
            }
            ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        });
    }
}
