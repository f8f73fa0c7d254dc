package io.quern.worker;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.math.BigInteger;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Binds this process to the processors and the memory of one NUMA node.
 *
 * <p>Processors and nodes are masks in the kernel's format, most significant word first: "ff,00000003".
 */
final class NumaBinding {
    /** Reports that the requested binding is not possible; the message is one line for operators. */
    static final class ImpossibleException extends Exception {
        private static final long serialVersionUID = 1L;

        private ImpossibleException(int node, String cause) {
            super("cannot bind to NUMA node " + node + ": " + cause);
        }
    }

    private static final int MPOL_BIND = 2;
    private static final int EPERM = 1;
    private static final int ESRCH = 3;
    private static final int EINVAL = 22;
    private static final int ENOSYS = 38;

    private static final Pattern ALLOWED = Pattern.compile("^Cpus_allowed:\\s*(\\S+)$", Pattern.MULTILINE);
    private static final long ERRNO = Linker.Option.captureStateLayout().byteOffset(PathElement.groupElement("errno"));

    private final int node;
    private final Linker linker = Linker.nativeLinker();

    private NumaBinding(int node) {
        this.node = node;
    }

    /**
     * Binds the memory of the calling thread, which its new threads inherit, and the processors of all existing
     * threads. For memory of the JVM's own threads the kernel's default applies: the node on which they run.
     */
    static void bind(int node) throws ImpossibleException {
        try {
            new NumaBinding(node).bind();
        } catch (IOException e) {
            throw new ImpossibleException(node, e.toString());
        }
    }

    private void bind() throws ImpossibleException, IOException {
        long setMempolicy = setMempolicy();
        BigInteger processors = processors();
        try (Arena arena = Arena.ofConfined()) {
            int error = setMempolicy(setMempolicy, bits(BigInteger.ONE.shiftLeft(node), arena), arena);
            if (error != 0) {
                throw impossible("set_mempolicy: " + reason(error));
            }
            MethodHandle setAffinity = function("sched_setaffinity", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
            MemorySegment mask = bits(processors, arena);
            for (int thread : threads()) {
                error = setAffinity(setAffinity, thread, mask, arena);
                // the thread has ended meanwhile
                if (error != 0 && error != ESRCH) {
                    throw impossible("sched_setaffinity: " + reason(error));
                }
            }
        }
    }

    /** Returns the number of the system call, for which the C library has no function. */
    private long setMempolicy() throws ImpossibleException {
        String os = System.getProperty("os.name");
        if (!os.startsWith("Linux")) {
            throw impossible("binding works on Linux only, and this is " + os);
        }
        String arch = System.getProperty("os.arch");
        return switch (arch) {
            case "amd64" -> 238;
            case "aarch64" -> 237;
            default -> throw impossible("binding works on amd64 and aarch64 only, and this is " + arch);
        };
    }

    private BigInteger processors() throws ImpossibleException, IOException {
        BigInteger all;
        try {
            all = mask(Files.readString(Path.of("/sys/devices/system/node/node" + node + "/cpumap")));
        } catch (NoSuchFileException e) {
            throw impossible("this node does not exist");
        }
        Matcher allowed = ALLOWED.matcher(Files.readString(Path.of("/proc/thread-self/status")));
        // must not widen a mask that an operator has set (taskset)
        BigInteger usable = allowed.find() ? all.and(mask(allowed.group(1))) : all;
        if (usable.signum() == 0) {
            throw impossible("this process may not use any of its processors");
        }
        return usable;
    }

    static BigInteger mask(String words) {
        return new BigInteger(words.strip().replace(",", ""), 16);
    }

    /** Converts to the kernel's format: an array of long, little-endian on both supported architectures. */
    static MemorySegment bits(BigInteger mask, Arena arena) {
        MemorySegment bits = arena.allocate(JAVA_LONG, mask.bitLength() / Long.SIZE + 1L);
        for (long word = 0; word < bits.byteSize() / Long.BYTES; word++) {
            bits.setAtIndex(
                    JAVA_LONG, word, mask.shiftRight((int) word * Long.SIZE).longValue());
        }
        return bits;
    }

    private static List<Integer> threads() throws IOException {
        List<Integer> threads = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            tasks.forEach(
                    task -> threads.add(Integer.parseInt(task.getFileName().toString())));
        }
        return threads;
    }

    private int setMempolicy(long number, MemorySegment nodes, Arena arena) {
        MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
        MethodHandle syscall = function("syscall", JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);
        try {
            // the kernel uses one bit fewer than this count
            long result = (long)
                    syscall.invokeExact(state, number, (long) MPOL_BIND, nodes, nodes.byteSize() * Byte.SIZE + 1);
            return result == 0 ? 0 : state.get(JAVA_INT, ERRNO);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int setAffinity(MethodHandle function, int thread, MemorySegment mask, Arena arena) {
        MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
        try {
            int result = (int) function.invokeExact(state, thread, mask.byteSize(), mask);
            return result == 0 ? 0 : state.get(JAVA_INT, ERRNO);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private MethodHandle function(String name, ValueLayout result, ValueLayout... parameters) {
        Linker.Option errno = Linker.Option.captureCallState("errno");
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, parameters),
                name.equals("syscall")
                        ? new Linker.Option[] {errno, Linker.Option.firstVariadicArg(1)}
                        : new Linker.Option[] {errno});
    }

    private static RuntimeException unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException known ? known : new IllegalStateException(e);
    }

    private ImpossibleException impossible(String cause) {
        return new ImpossibleException(node, cause);
    }

    private static String reason(int error) {
        return switch (error) {
            case EPERM -> "not permitted; a container needs the capability SYS_NICE";
            case EINVAL -> "the node has no memory that this process may use";
            case ENOSYS -> "the kernel has no NUMA support";
            default -> "error " + error;
        };
    }
}
