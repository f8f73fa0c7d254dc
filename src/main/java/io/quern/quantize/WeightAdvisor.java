package io.quern.quantize;

import io.quern.device.ProcessorModel;
import io.quern.files.PrivateFolder;
import io.quern.home.Sha256;
import io.quern.jvm.WeightsCommand;
import io.quern.model.GgufMetadata;
import io.quern.model.WeightShare;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds out whether another type of weights would be much faster on this processor. Measures that once for each
 * processor, build of llama.cpp and shape of layers, and keeps the times in Quern's home.
 */
public final class WeightAdvisor {
    /** Weights of smaller models are fast whatever their type. */
    private static final long LEAST_BYTES = 64L << 20;

    /** Weights that are multiplied: more than most caches hold, so that reading them counts. */
    private static final long ELEMENTS = 16L << 20;

    private static final int MOST_MATRICES = 32;
    private static final int ROWS_MULTIPLE = 64;
    private static final long HEAP_MIB = 32;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** More than any model has types. */
    private static final int MOST_TIMES = 1000;

    private static final int K_BLOCK = 256;
    private static final int BLOCK = 32;

    /** Types whose rows are multiples of 256. */
    private static final List<Integer> K_TYPES = List.of(12, 14);

    private final WeightsCommand command;
    private final Path cpuInfo;
    private final long leastBytes;

    public WeightAdvisor(WeightsCommand command) {
        this(command, ProcessorModel.CPU_INFO, LEAST_BYTES);
    }

    /**
     * @param cpuInfo the kernel's description of the processors
     * @param leastBytes models with fewer get no advice
     */
    WeightAdvisor(WeightsCommand command, Path cpuInfo, long leastBytes) {
        this.command = command;
        this.cpuInfo = cpuInfo;
        this.leastBytes = leastBytes;
    }

    /** Returns whether a model is so large that the type of its weights matters. */
    public static boolean matters(GgufMetadata model) {
        return model.fileSize() >= LEAST_BYTES;
    }

    /**
     * Returns the advice for a model, or empty if its weights are fast enough. Blocks for seconds if the times are not
     * known yet: a process measures them on one core.
     *
     * @throws QuantizeException if they cannot be measured
     */
    public Optional<WeightAdvice> advise(GgufMetadata model) throws InterruptedException {
        List<WeightShare> shares = model.weightShares();
        if (model.fileSize() < leastBytes || shares.isEmpty()) {
            return Optional.empty();
        }
        WeightShare main = shares.getFirst();
        if (main.columns() < BLOCK || main.columns() % BLOCK != 0 || main.rows() < ROWS_MULTIPLE) {
            return Optional.empty();
        }
        return WeightAdvice.of(shares, times(main, types(shares, main.columns())));
    }

    private static List<Integer> types(List<WeightShare> shares, long columns) {
        return Stream.concat(
                        WeightAdvice.mainShares(shares).stream().map(WeightShare::type),
                        WeightAdvice.candidates().stream())
                .distinct()
                .filter(type -> columns % K_BLOCK == 0 || !K_TYPES.contains(type))
                .sorted()
                .toList();
    }

    private List<KernelTime> times(WeightShare main, List<Integer> types) throws InterruptedException {
        long columns = Math.min(main.columns(), ELEMENTS / ROWS_MULTIPLE / K_BLOCK * K_BLOCK);
        long rows = Math.min(main.rows(), ELEMENTS / columns) / ROWS_MULTIPLE * ROWS_MULTIPLE;
        long matrices = Math.clamp(ELEMENTS / columns / rows, 1, MOST_MATRICES);
        List<String> arguments = List.of(
                "--task=kernels",
                "--types=" + types.stream().map(Object::toString).collect(Collectors.joining(",")),
                "--columns=" + columns,
                "--rows=" + rows,
                "--matrices=" + matrices);
        String key = ProcessorModel.in(cpuInfo) + "\n" + command.libraries() + "\n" + String.join(" ", arguments);
        Optional<Path> cache = cache(key);
        List<KernelTime> known = cache.map(file -> read(file, types)).orElse(List.of());
        if (!known.isEmpty()) {
            return known;
        }
        List<KernelTime> times = new ArrayList<>();
        WeightsProcess.run(command.of(WeightsCommand.Uses.NOTHING, HEAP_MIB, 1, arguments), PATIENCE, words -> {
            if (words.getFirst().equals("kernel")) {
                times.add(KernelTime.read(words));
            }
        });
        cache.ifPresent(file -> write(file, times));
        return times;
    }

    private Optional<Path> cache(String key) {
        try {
            return Optional.of(PrivateFolder.make(command.home().folder().resolve("kernels"))
                    .resolve(HexFormat.of().formatHex(Sha256.digest().digest(key.getBytes(StandardCharsets.UTF_8)))));
        } catch (IOException e) {
            // measured again each time
            return Optional.empty();
        }
    }

    /** Returns nothing if the file does not exist, or is not whole. */
    private static List<KernelTime> read(Path file, List<Integer> types) {
        try (Stream<String> lines = Files.lines(file)) {
            List<KernelTime> times = lines.map(line -> KernelTime.read(List.of(line.split("\t", -1))))
                    .toList();
            boolean whole = types.stream().allMatch(type -> KernelTime.of(times, type, WeightAdvice.MANY)
                    .isPresent());
            return whole ? times : List.of();
        } catch (IOException | RuntimeException e) {
            return List.of();
        }
    }

    private static void write(Path file, List<KernelTime> times) {
        try {
            PrivateFolder.write(file, times.stream().map(KernelTime::line).collect(Collectors.joining("\n", "", "\n")));
        } catch (IOException e) {
            // measured again next time
        }
    }
}
