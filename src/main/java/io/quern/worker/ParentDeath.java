package io.quern.worker;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.quern.wire.Guards;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;

/** Ties this process's life to its parent's. */
final class ParentDeath {
    private static final boolean LINUX = System.getProperty("os.name").startsWith("Linux");
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_GET_PDEATHSIG = 2;
    private static final long SIGKILL = 9;
    private static final long NONE = 0;
    private static final long WATCH_MILLIS = 50;

    /** Set by src/main/c. */
    private static final String CONFINEMENT = "QUERN_CONFINEMENT";

    private ParentDeath() {}

    /**
     * Has the kernel kill this process when its parent dies. That hangs on the calling thread: it is off when that has ended. Linux alone can
     * do that; elsewhere the end of the socket's stream has to do.
     */
    static void kills() {
        signalled(SIGKILL);
    }

    private static void signalled(long signal) {
        if (LINUX) {
            prctl(PR_SET_PDEATHSIG, signal);
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
     * How this process is tied to its parent, as it is at this moment, and what it is kept from.
     *
     * @param parent who is to be its parent; empty: nobody has said
     * @param signal as {@link #signal} has told it on the thread that has asked for it
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
     * The same to the very end of a JVM that records an AOT cache: by then the worker's thread is over, and another JVM may write the
     * cache, which knows of no parent. A thread of this one lives on, for the signal until there is a child, then to kill that.
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

    /** Without what a JVM does at its end: one that records an AOT cache would write it, for seconds and for nobody. */
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
