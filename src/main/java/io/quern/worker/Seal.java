package io.quern.worker;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Forbids all threads of this process what a spawned worker needs only to start: new sockets and the execution of
 * programs. The launcher has applied the other restrictions before (src/main/c/confine.c), and in a forked worker also
 * these.
 */
final class Seal {
    private static final int LOAD = 0x20;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;
    private static final int NUMBER = 0;
    private static final int ALLOW = 0x7fff0000;
    private static final int REFUSE_WITH_EPERM = 0x00050001;

    private static final long SET_MODE_FILTER = 1;
    private static final long TO_ALL_THREADS = 1;

    private Seal() {}

    /** Numbers of system calls on this processor. */
    private record Calls(long seccomp, int... refused) {
        static Calls here() throws IOException {
            return switch (System.getProperty("os.arch")) {
                case "amd64" -> new Calls(317, 41, 59, 322);
                case "aarch64" -> new Calls(277, 198, 221, 281);
                default -> throw new IOException("there are no seccomp filters for this processor");
            };
        }
    }

    /** Has no effect, except that it loads the classes of {@link #apply}. */
    static MethodHandle link() {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS),
                Linker.Option.firstVariadicArg(1));
    }

    /**
     * Applies the filter. Call it once, in a process with no_new_privs.
     *
     * @throws IOException if the kernel refuses
     */
    static void apply() throws IOException {
        Calls calls = Calls.here();
        try (Arena arena = Arena.ofConfined()) {
            int length = calls.refused().length + 3;
            MemorySegment code = arena.allocate(8L * length, 8);
            // an earlier filter refuses the processor's other kinds of system calls
            instruction(code, 0, LOAD, 0, NUMBER);
            for (int i = 0; i < calls.refused().length; i++) {
                instruction(code, i + 1, JUMP_IF_EQUAL, calls.refused().length - i, calls.refused()[i]);
            }
            instruction(code, length - 2, RETURN, 0, ALLOW);
            instruction(code, length - 1, RETURN, 0, REFUSE_WITH_EPERM);
            MemorySegment program = arena.allocate(16, 8);
            program.set(JAVA_SHORT, 0, (short) length);
            program.set(ADDRESS, 8, code);
            long result = (long) link().invokeExact(calls.seccomp(), SET_MODE_FILTER, TO_ALL_THREADS, program);
            if (result != 0) {
                throw new IOException("the kernel refuses the seccomp filter");
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Builds a {@code struct sock_filter} that jumps if true and continues otherwise. */
    private static void instruction(MemorySegment code, int index, int what, int jump, int operand) {
        long at = 8L * index;
        code.set(JAVA_SHORT, at, (short) what);
        code.set(JAVA_BYTE, at + 2, (byte) jump);
        code.set(JAVA_BYTE, at + 3, (byte) 0);
        code.set(JAVA_INT, at + 4, operand);
    }
}
