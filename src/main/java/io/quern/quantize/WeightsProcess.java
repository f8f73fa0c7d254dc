package io.quern.quantize;

import io.quern.process.ChildCommand;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.LineReader;
import io.quern.process.ProcessStarter;
import io.quern.quantize.QuantizeException.Problem;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Runs one process of {@code io.quern.weights} and reads its lines. The process ends with this one. */
final class WeightsProcess {
    private static final int MAX_LINE = 8192;
    private static final int MAX_REASON = 1000;
    private static final long LOOK_MILLIS = 500;

    /** Longest time for a killed process to end, and for the answer of an ended one to be read. */
    private static final Duration SLACK = Duration.ofSeconds(5);

    /** The crash report of a JVM: the signal and the function that was running. */
    private static final Pattern CRASH = Pattern.compile("^#  (SIG\\w+).*", Pattern.MULTILINE);

    private final ChildCommand command;
    private final Duration patience;
    private final Consumer<List<String>> lines;
    private final StringBuilder other = new StringBuilder();
    private final CompletableFuture<Void> read = new CompletableFuture<>();
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private volatile List<String> last = List.of();
    private volatile long heard = System.nanoTime();

    /**
     * @param patience longest time from one line to the next
     * @param lines receives the words of each line but the last, on another thread
     */
    private WeightsProcess(ChildCommand command, Duration patience, Consumer<List<String>> lines) {
        this.command = command;
        this.patience = patience;
        this.lines = lines;
    }

    /**
     * Runs the process and waits for its end.
     *
     * @param patience longest time from one line to the next
     * @param lines receives the words of each line but the last, on another thread
     * @throws QuantizeException if the process fails, with its reason. What {@code lines} throws is passed on, too
     */
    static void run(ChildCommand command, Duration patience, Consumer<List<String>> lines) throws InterruptedException {
        new WeightsProcess(command, patience, lines).run();
    }

    private void run() throws InterruptedException {
        // the starter's thread must live as long as the process
        try (ProcessStarter starter = new ProcessStarter()) {
            CompletionStage<ChildProcess> started = starter.start(command.answering(this::read));
            try {
                ChildProcess child = started.toCompletableFuture().get(SLACK.toSeconds(), TimeUnit.SECONDS);
                ExitStatus exit = awaitEnd(child);
                read.get(SLACK.toSeconds(), TimeUnit.SECONDS);
                judge(exit, child.lastOutput());
            } catch (ExecutionException e) {
                throw new QuantizeException(
                        Problem.FAILED, "The process for weights could not be started: " + e.getCause(), e);
            } catch (TimeoutException e) {
                throw new QuantizeException(Problem.FAILED, "The process for weights hangs.", e);
            } finally {
                started.thenAccept(ChildProcess::kill);
            }
        }
    }

    private ExitStatus awaitEnd(ChildProcess child) throws InterruptedException, ExecutionException {
        while (true) {
            try {
                return child.exited().toCompletableFuture().get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (System.nanoTime() - heard > patience.toNanos()) {
                    throw new QuantizeException(
                            Problem.FAILED,
                            "The process for weights has reported nothing for " + patience.toSeconds()
                                    + " s, and was ended.",
                            e);
                }
            }
        }
    }

    private void read(InputStream stream) {
        LineReader.read(stream, MAX_LINE, line -> {
            heard = System.nanoTime();
            if (!line.isBlank()) {
                List<String> words = List.of(line.split("\t", -1));
                last = words;
                if (other.length() < MAX_LINE) {
                    other.append(line).append('\n');
                }
                accept(words);
            }
        });
        read.complete(null);
    }

    /** Reads on after a line that cannot be understood, since the process would block otherwise. */
    private void accept(List<String> words) {
        try {
            lines.accept(words);
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }

    private void judge(ExitStatus exit, List<String> lastOutput) {
        RuntimeException wrong = failure.get();
        if (wrong != null) {
            throw wrong;
        }
        List<String> end = last;
        if (exit.equals(new ExitStatus.Exited(0)) && end.equals(List.of("done"))) {
            return;
        }
        if (end.size() == 3 && end.getFirst().equals("failed")) {
            Problem problem =
                    switch (end.get(1)) {
                        case "QUANTIZE", "MODEL" -> Problem.SOURCE;
                        case "CONTEXT" -> Problem.NO_ROOM;
                        default -> Problem.FAILED;
                    };
            throw new QuantizeException(problem, excerpt(end.get(2)));
        }
        if (exit.killed()) {
            throw new QuantizeException(
                    Problem.NO_ROOM,
                    "the process was killed, most likely because memory ran out. Free some memory, then try again");
        }
        Matcher crash = CRASH.matcher(other);
        String words = lastOutput.isEmpty() ? "" : ": " + excerpt(lastOutput.getLast());
        throw new QuantizeException(
                Problem.SOURCE,
                "llama.cpp ended the process with " + (crash.find() ? crash.group(1) : exit.toString()) + words);
    }

    private static String excerpt(String text) {
        String printable = text.replaceAll("\\p{Cntrl}", "?");
        return printable.length() <= MAX_REASON ? printable : printable.substring(0, MAX_REASON) + "...";
    }
}
