package io.quern.quantize;

import io.quern.jvm.WeightsCommand;
import io.quern.jvm.WeightsCommand.Uses;
import io.quern.model.GgufMetadata;
import io.quern.model.ModelFileException;
import io.quern.quantize.QuantizeException.Problem;
import io.quern.settings.ByteFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Quantises a model file. For one thread; each method blocks until its process has ended. */
public final class Quantizer {
    /** Between the complete tensors of a large model on a slow disk. */
    private static final Duration PATIENCE = Duration.ofMinutes(15);

    private static final long MIB = 1 << 20;
    private static final long BUFFER = 512 * MIB;
    private static final long SMALL_BUFFER = 64 * MIB;

    /** The memory of the process without its buffers, and what other processes should keep. */
    private static final long OVERHEAD = 256 * MIB;

    /** Space on the disk that stays free. */
    private static final long RESERVE = 64 * MIB;

    private static final long HEAP_MIB = 64;

    private final WeightsCommand command;
    private final int threads;
    private final AvailableMemory memory;

    /** Receives how far the work is, on another thread. */
    @FunctionalInterface
    public interface Progress {
        void at(long done, long total);
    }

    public Quantizer(WeightsCommand command, int threads, AvailableMemory memory) {
        this.command = command;
        this.threads = threads;
        this.memory = memory;
    }

    /**
     * Checks whether a file can be written, without writing anything.
     *
     * @param replaces whether a file that exists is replaced
     * @throws QuantizeException if it cannot
     */
    public static void check(Path source, Path target, boolean replaces) {
        try {
            if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && Files.isSameFile(source, target)) {
                throw new QuantizeException(
                        Problem.USAGE, target + " is the source itself. Name another file for the result.");
            }
        } catch (IOException e) {
            throw new QuantizeException(Problem.FAILED, "Cannot look at " + target + ": " + e.getMessage() + ".", e);
        }
        PartialFile.check(target, replaces);
    }

    /**
     * Finds out what the result would be.
     *
     * @throws QuantizeException if llama.cpp cannot quantise the file
     */
    public QuantizePlan plan(Path source, WeightType type) throws InterruptedException {
        AtomicReference<@Nullable QuantizePlan> planned = new AtomicReference<>();
        try {
            run(
                    new Uses(Optional.of(source), Optional.empty(), Optional.empty()),
                    HEAP_MIB,
                    List.of("--task=plan", "--from=" + source, "--type=" + type.fileType()),
                    words -> {
                        if (words.getFirst().equals("plan")) {
                            planned.set(plan(type, words));
                        }
                    });
        } catch (QuantizeException e) {
            throw new QuantizeException(
                    e.problem(), "Cannot quantise " + source + " to " + type + ": " + e.getMessage() + ".", e);
        }
        QuantizePlan plan = planned.get();
        if (plan == null || plan.tensors() == 0) {
            throw new QuantizeException(Problem.FAILED, "llama.cpp has planned nothing for " + source + ".");
        }
        return plan;
    }

    private static QuantizePlan plan(WeightType type, List<String> words) {
        Answers.require(words, 5);
        Map<String, Integer> types = new TreeMap<>();
        for (String one : words.get(4).split(",")) {
            List<String> pair = List.of(one.split("=", -1));
            Answers.require(pair, 2);
            types.put(pair.getFirst(), (int) Answers.whole(pair, 1));
        }
        return new QuantizePlan(
                type, Answers.whole(words, 1), Answers.whole(words, 2), (int) Answers.whole(words, 3), types);
    }

    /**
     * Checks whether the disk and the memory suffice.
     *
     * @throws QuantizeException if they do not
     */
    public void requireRoom(Path source, QuantizePlan plan, Path target) {
        buffer();
        requireSpace(source, plan, target);
    }

    /**
     * Writes the file.
     *
     * @param target absolute
     * @param replaces whether a file that exists is replaced
     * @param progress receives bytes of the source
     * @throws QuantizeException if the disk or the memory becomes too small, or the work fails; then there is no new
     *     file
     */
    public void write(Path source, QuantizePlan plan, Path target, boolean replaces, Progress progress)
            throws InterruptedException {
        long buffer = buffer();
        PartialFile file = PartialFile.create(target, replaces);
        // the process itself is ended by the kernel when this one ends
        Thread interrupted = new Thread(file::close, "quern-quantize-interrupted");
        Runtime.getRuntime().addShutdownHook(interrupted);
        try (file) {
            write(source, plan, file.path(), buffer, progress);
            verify(file.path(), plan);
            file.publish();
        } finally {
            try {
                Runtime.getRuntime().removeShutdownHook(interrupted);
            } catch (IllegalStateException e) {
                // this process is ending, and the hook runs
            }
        }
    }

    private void write(Path source, QuantizePlan plan, Path partial, long buffer, Progress progress)
            throws InterruptedException {
        try {
            run(
                    new Uses(Optional.of(source), Optional.empty(), Optional.of(partial)),
                    HEAP_MIB,
                    List.of(
                            "--task=write",
                            "--from=" + source,
                            "--to=" + partial,
                            "--type=" + plan.type().fileType(),
                            "--buffer=" + buffer),
                    words -> {
                        if (words.getFirst().equals("tensor")) {
                            Answers.require(words, 4);
                            progress.at(Math.min(plan.sourceBytes(), Answers.whole(words, 3)), plan.sourceBytes());
                        }
                    });
        } catch (QuantizeException e) {
            if (free(partial) < MIB) {
                throw new QuantizeException(
                        Problem.NO_ROOM, "The disk of " + partial.getParent() + " is full. Free some space.", e);
            }
            throw new QuantizeException(e.problem(), "Cannot quantise " + source + ": " + e.getMessage() + ".", e);
        }
    }

    private static void verify(Path partial, QuantizePlan plan) {
        try {
            GgufMetadata written = GgufMetadata.read(partial);
            if (written.tensorCount() != plan.tensors()
                    || written.fileType().orElse(-1) != plan.type().fileType()) {
                throw new QuantizeException(
                        Problem.FAILED,
                        "llama.cpp has written another file than planned: " + written.tensorCount() + " tensors, type "
                                + written.quantisation().orElse("unknown") + ".");
            }
        } catch (ModelFileException e) {
            throw new QuantizeException(Problem.FAILED, "llama.cpp has written a damaged file: " + e.getMessage(), e);
        }
    }

    private long buffer() {
        long available = memory.bytes();
        long buffer = available >= 2 * BUFFER + OVERHEAD ? BUFFER : SMALL_BUFFER;
        if (available < buffer + OVERHEAD) {
            throw new QuantizeException(
                    Problem.NO_ROOM,
                    "Quantising needs " + ByteFormat.of(buffer + OVERHEAD) + " of memory, but only "
                            + ByteFormat.of(available) + " are available. Stop other programs, then try again.");
        }
        return buffer;
    }

    private static void requireSpace(Path source, QuantizePlan plan, Path target) {
        long header;
        try {
            header = Math.max(0, Files.size(source) - plan.sourceBytes());
        } catch (IOException e) {
            header = 0;
        }
        // of a split model, the first part only has the header
        long needed = plan.resultBytes() + Math.min(header, RESERVE) + RESERVE;
        Path folder = Optional.ofNullable(target.getParent()).orElse(target);
        long free = free(target);
        if (free < needed) {
            throw new QuantizeException(
                    Problem.NO_ROOM,
                    "Cannot write " + target + ": this needs " + ByteFormat.of(needed) + " of space"
                            + ", but the disk of " + folder
                            + " has only " + ByteFormat.of(free)
                            + " left. Free some space, or name a file on another disk.");
        }
    }

    private static long free(Path file) {
        Path folder = Optional.ofNullable(file.getParent()).orElse(file);
        try {
            return Files.getFileStore(folder).getUsableSpace();
        } catch (IOException e) {
            return Long.MAX_VALUE;
        }
    }

    private void run(Uses files, long heapMib, List<String> arguments, Consumer<List<String>> lines)
            throws InterruptedException {
        WeightsProcess.run(command.of(files, heapMib, threads, arguments), PATIENCE, lines);
    }
}
