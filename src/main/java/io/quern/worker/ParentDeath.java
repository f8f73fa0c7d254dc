package io.quern.worker;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;

/** Ties this process's life to its parent's. */
final class ParentDeath {
    private static final int PR_SET_PDEATHSIG = 1;
    private static final long SIGKILL = 9;
    private static final long WATCH_MILLIS = 100;

    private ParentDeath() {}

    /**
     * Has the kernel kill this process when its parent dies. Linux alone can do that; elsewhere the end of the socket's
     * stream has to do.
     */
    static void kills() {
        if (!System.getProperty("os.name").startsWith("Linux")) {
            return;
        }
        try {
            Linker linker = Linker.nativeLinker();
            int result = (int) linker.downcallHandle(
                            linker.defaultLookup().findOrThrow("prctl"),
                            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG),
                            Linker.Option.firstVariadicArg(1))
                    .invokeExact(PR_SET_PDEATHSIG, SIGKILL);
            if (result != 0) {
                throw new IllegalStateException("prctl(PR_SET_PDEATHSIG) failed");
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
