package io.quern.worker;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.quern.wire.Guards;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;

/** Ends this process when its parent ends. */
public final class ParentDeath {
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_GET_PDEATHSIG = 2;
    private static final long SIGKILL = 9;
    private static final long NONE = 0;
    private static final long WATCH_MILLIS = 50;

    /** Variable set by src/main/c. */
    private static final String CONFINEMENT = "QUERN_CONFINEMENT";

    private ParentDeath() {}

    /**
     * Makes the kernel kill this process when its parent dies. This stops working when the calling thread ends. Linux
     * only; on other systems the end of the socket's stream must suffice.
     */
    public static void kills() {
        signalled(SIGKILL);
    }

    private static boolean isLinux() {
        return System.getProperty("os.name").startsWith("Linux");
    }

    private static void signalled(long signal) {
        if (isLinux()) {
            prctl(PR_SET_PDEATHSIG, signal);
        }
    }

    /**
     * Returns the signal that the kernel would send on the parent's death, or 0. Valid only on the thread that has
     * requested it.
     */
    static int signal() {
        if (!isLinux()) {
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

    /**
     * Returns whether the given process is still the parent. One that died before {@link #kills} was called causes no
     * signal.
     */
    public static boolean parentIs(long pid) {
        return ProcessHandle.current()
                .parent()
                .filter(parent -> parent.pid() == pid)
                .isPresent();
    }

    /**
     * Returns the guards and restrictions that are in force at this moment.
     *
     * @param parent the expected parent, or empty if unknown
     * @param signal the result of {@link #signal} on the thread that has requested it
     */
    static Guards look(OptionalLong parent, int signal) {
        return Guards.newBuilder()
                .setParent(
                        ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(0L))
                .setParentDeathSignal(signal)
                .setParentChecked(parent.isPresent() && parentIs(parent.getAsLong()))
                .setConfinement(System.getenv().getOrDefault(CONFINEMENT, ""))
                .build();
    }

    /**
     * Guards a JVM that records an AOT cache until its very end. By then the worker's thread has ended, and a child
     * JVM, which has no guard, may write the cache. A thread of this JVM keeps running: it keeps the signal until there
     * is a child, and then kills it.
     */
    static void killsChildrenToo(long parent) {
        Thread.ofPlatform().daemon().name("parent-watch").start(() -> {
            kills();
            try {
                while (ProcessHandle.current().children().findAny().isEmpty()) {
                    Thread.sleep(WATCH_MILLIS);
                }
                signalled(NONE);
                while (parentIs(parent)) {
                    Thread.sleep(WATCH_MILLIS);
                }
            } catch (InterruptedException e) {
                return;
            }
            ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
            endNow();
        });
    }

    /** Skips the JVM's shutdown, which would write an AOT cache for seconds although nobody needs it. */
    static void endNow() {
        try {
            Linker linker = Linker.nativeLinker();
            linker.downcallHandle(linker.defaultLookup().findOrThrow("_exit"), FunctionDescriptor.ofVoid(JAVA_INT))
                    .invokeExact(WorkerMain.EXIT_LOST);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
