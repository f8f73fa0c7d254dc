package io.quern.weights;

import io.quern.llama.LlamaException;
import io.quern.llama.LlamaLibrary;
import io.quern.llama.LogLevel;
import io.quern.llama.MatrixProduct;
import io.quern.llama.Quantisation;
import io.quern.weights.WeightsArguments.Compare;
import io.quern.weights.WeightsArguments.Kernels;
import io.quern.weights.WeightsArguments.Plan;
import io.quern.weights.WeightsArguments.Write;
import io.quern.worker.LowPriority;
import io.quern.worker.ParentDeath;
import io.quern.worker.WorkerMain;
import java.nio.file.Path;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * The main of the process. Its arguments are {@link WeightsArguments}. The results are lines on standard output ({@link
 * Answer}); the last one is {@code done}, or {@code failed} with a reason. Log lines go to standard error.
 */
public final class WeightsMain {
    /** The exit code for wrong usage, as in sysexits.h. */
    private static final int EXIT_USAGE = 64;

    private static final int EXIT_FAILED = 65;
    private static final int EXIT_LOST = 70;

    /** Widths of batches that are timed: one stream, and several. */
    private static final int[] VECTORS = {1, 8, 32};

    private static final long NANOS_OF_A_TIMING = 40_000_000;

    private final WeightsArguments arguments;
    private final Answer answer;

    private WeightsMain(WeightsArguments arguments, Answer answer) {
        this.arguments = arguments;
        this.answer = answer;
    }

    public static void main(String[] command) {
        WorkerMain.ignoreSignalsToAll();
        // this thread lives as long as the process
        ParentDeath.kills();
        WeightsArguments arguments;
        try {
            arguments = WeightsArguments.parse(command);
        } catch (IllegalArgumentException e) {
            System.err.println("ERROR weights: " + e.getMessage());
            halt(EXIT_USAGE);
            return;
        }
        if (!ParentDeath.parentIs(arguments.parent())) {
            halt(EXIT_LOST);
        }
        Answer answer = new Answer(System.out);
        try {
            new WeightsMain(arguments, answer).run();
            answer.line("done");
            halt(0);
        } catch (LlamaException e) {
            answer.line("failed", e.kind(), String.valueOf(e.getMessage()));
            halt(EXIT_FAILED);
        } catch (OutOfMemoryError e) {
            answer.line("failed", LlamaException.Kind.CONTEXT, "the heap is full");
            halt(EXIT_FAILED);
        }
    }

    private void run() {
        switch (arguments.task()) {
            case Plan plan -> plan(plan);
            case Write write -> write(write);
            case Compare compare ->
                new Comparison(library(LogLevel.WARN, WeightsMain::log), arguments.threads(), answer)
                        .run(compare.from(), compare.to());
            case Kernels kernels -> time(kernels);
        }
    }

    private void plan(Plan plan) {
        QuantizerLog log = new QuantizerLog((tensor, tensors, bytes) -> {});
        quantisation(log).rehearse(request(plan.from(), plan.from(), plan.fileType(), 0));
        String types = log.types().entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .sorted()
                .collect(Collectors.joining(","));
        answer.line("plan", log.sourceBytes(), log.resultBytes(), log.tensors(), types);
    }

    private void write(Write write) {
        QuantizerLog log = new QuantizerLog((tensor, tensors, bytes) -> answer.line("tensor", tensor, tensors, bytes));
        quantisation(log).write(request(write.from(), write.to(), write.fileType(), write.bufferBytes()));
    }

    private Quantisation.Request request(Path from, Path to, int fileType, long bufferBytes) {
        return new Quantisation.Request(from, to, fileType, arguments.threads(), bufferBytes);
    }

    private Quantisation quantisation(QuantizerLog log) {
        return new Quantisation(library(LogLevel.INFO, (level, line) -> {
            log.line(line);
            if (level.compareTo(LogLevel.WARN) >= 0) {
                log(level, line);
            }
        }));
    }

    /** Stops at a type that ggml cannot multiply by here. */
    private void time(Kernels kernels) {
        // the engine may be answering requests; what is measured is the time of the processor
        LowPriority.apply();
        LlamaLibrary library = library(LogLevel.WARN, WeightsMain::log);
        var shape = new MatrixProduct.Shape(kernels.columns(), kernels.rows(), kernels.matrices());
        for (int type : kernels.types()) {
            try (MatrixProduct product = new MatrixProduct(library, type, shape, arguments.threads())) {
                for (int vectors : VECTORS) {
                    answer.line(
                            "kernel", type, vectors, product.nanos(vectors, NANOS_OF_A_TIMING), product.rearranged());
                }
            }
        }
    }

    private LlamaLibrary library(LogLevel least, BiConsumer<LogLevel, String> log) {
        return LlamaLibrary.load(arguments.libraries(), false, least, log);
    }

    private static void log(LogLevel level, String line) {
        System.err.println(level + " llama: " + line);
    }

    /** Does not use exit: exit handlers of drivers' libraries may hang or crash. */
    private static void halt(int code) {
        System.err.flush();
        Runtime.getRuntime().halt(code);
    }
}
