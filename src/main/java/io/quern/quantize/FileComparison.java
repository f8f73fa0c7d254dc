package io.quern.quantize;

import io.quern.jvm.WeightsCommand;
import io.quern.jvm.WeightsCommand.Uses;
import io.quern.model.GgufMetadata;
import io.quern.settings.ByteFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Measures how much a quantised file differs from its source, and how fast both are, in a process that loads one after
 * the other.
 *
 * @param threads that compute
 */
public record FileComparison(WeightsCommand command, int threads, AvailableMemory memory) {
    /** Between two batches of a large model on a slow disk. */
    private static final Duration PATIENCE = Duration.ofMinutes(15);

    private static final long MIB = 1 << 20;

    /** The kept probabilities, and several rows of logits. */
    private static final long HEAP_MIB = 512;

    /** The memory of the process beside weights and heap. */
    private static final long OVERHEAD = 256 * MIB;

    private static final long MOST_TOKENS = 1 << 20;

    /**
     * Returns why the files cannot be compared on this machine, or empty if they can.
     */
    public Optional<String> problem(Path source, Path result) {
        long needed;
        try {
            needed = Math.max(GgufMetadata.read(source).fileSize(), Files.size(result)) + HEAP_MIB * MIB + OVERHEAD;
        } catch (IOException e) {
            return Optional.of("the result cannot be read (" + e.getMessage() + ")");
        }
        long available = memory.bytes();
        return available >= needed
                ? Optional.empty()
                : Optional.of("this needs " + ByteFormat.of(needed) + " of memory, and " + ByteFormat.of(available)
                        + " are available");
    }

    /**
     * Compares two files of the same model.
     *
     * @param progress receives tokens
     * @throws QuantizeException if one of them cannot be loaded
     */
    public Quality compare(Path source, Path result, Quantizer.Progress progress) throws InterruptedException {
        List<List<String>> found = new ArrayList<>();
        try {
            WeightsProcess.run(
                    command.of(
                            new Uses(Optional.of(source), Optional.of(result), Optional.empty()),
                            HEAP_MIB,
                            threads,
                            List.of("--task=compare", "--from=" + source, "--to=" + result)),
                    PATIENCE,
                    words -> {
                        if (words.getFirst().equals("progress")) {
                            Answers.require(words, 4);
                            long total = Math.min(MOST_TOKENS, Answers.whole(words, 3));
                            long before = words.get(1).equals("2") ? total : 0;
                            progress.at(before + Answers.whole(words, 2), 2 * total);
                        } else if (found.size() < 3) {
                            found.add(words);
                        }
                    });
        } catch (QuantizeException e) {
            throw new QuantizeException(
                    e.problem(), "Cannot compare " + result + " with its source: " + e.getMessage() + ".", e);
        }
        return quality(found);
    }

    private static Quality quality(List<List<String>> lines) {
        List<String> first = List.of();
        List<String> second = List.of();
        List<String> quality = List.of();
        for (List<String> line : lines) {
            switch (line.getFirst()) {
                case "quality" -> quality = line;
                case "speed" -> {
                    Answers.require(line, 5);
                    if (line.get(1).equals("1")) {
                        first = line;
                    } else {
                        second = line;
                    }
                }
                default -> {}
            }
        }
        Answers.require(quality, 6);
        return new Quality(
                (int) Answers.whole(quality, 1),
                side(Answers.real(quality, 2), first),
                side(Answers.real(quality, 3), second),
                Answers.real(quality, 4),
                Answers.real(quality, 5));
    }

    private static Quality.Side side(double perplexity, List<String> speed) {
        Answers.require(speed, 5);
        return new Quality.Side(perplexity, Answers.real(speed, 2), Answers.real(speed, 3), Answers.real(speed, 4));
    }
}
