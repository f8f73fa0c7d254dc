package io.quern.device;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.process.ChildCommand;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.ProcessStarter;
import io.quern.settings.Problems;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs the device probe in a child process, limits its time and output, and turns every outcome into a report. A driver
 * that crashes or hangs affects only the child.
 */
@RegisterForReflection(targets = {DeviceReport.class, Device.class, ComputeDevice.class})
public final class DeviceProbe {
    /** Longest time for a killed child to exit, and for the answer of an exited one to be read. */
    private static final Duration SLACK = Duration.ofSeconds(1);

    private static final int MAX_EXCERPT = 120;
    private static final String NODES_ONLY = "; only the device nodes of accelerators are known";

    /** Matches the crash report of a JVM on standard output: the signal and the function that was running. */
    private static final Pattern CRASH =
            Pattern.compile("^#  (SIG\\w+).*^# Problematic frame:\\R# (.*?)$", Pattern.MULTILINE | Pattern.DOTALL);

    private final HostFacts host;
    private final Path root;
    private final Map<String, String> visibility;

    DeviceProbe(HostFacts host, Path root, Map<String, String> environment) {
        this.host = host;
        this.root = root;
        this.visibility = VisibilityVariables.in(environment);
    }

    /** Adds a problem if the timeout is not positive. */
    public static void check(DeviceConfig config, Problems problems) {
        problems.of("quern.device.probe-timeout").positive(config.probeTimeout());
    }

    /**
     * Runs the probe if the configuration asks for it. Blocks as {@link #run} does.
     *
     * @param child composes the probe's command; called only if the probe runs, and an exception becomes a problem in
     *     the report
     * @throws io.quarkus.runtime.configuration.ConfigurationException if the timeout is not positive
     */
    public static DeviceReport report(DeviceConfig config, HostFacts host, Supplier<ChildCommand> child) {
        Problems problems = new Problems();
        check(config, problems);
        problems.refuse();
        return new DeviceProbe(host, Path.of("/"), System.getenv()).report(config, child);
    }

    /**
     * Runs the probe and waits for its report, at most about a second longer than the deadline.
     *
     * @param child the probe's command
     * @param deadline time from its start to its report; after that it is killed with all processes that it started
     * @param host facts that are known without the probe
     * @return the probe's report; if the probe failed, one that is not {@link DeviceReport#probed()} and says why
     */
    public static DeviceReport run(ChildCommand child, Duration deadline, HostFacts host) {
        return new DeviceProbe(host, Path.of("/"), System.getenv()).run(child, deadline);
    }

    DeviceReport report(DeviceConfig config, Supplier<ChildCommand> child) {
        boolean nodes = !host.acceleratorNodes().isEmpty();
        boolean wanted =
                switch (config.probe()) {
                    case ALWAYS -> true;
                    // without a device node there is nothing to find, and starting a JVM would waste time
                    case AUTO -> nodes;
                    case NEVER -> false;
                };
        if (!wanted) {
            return nodes ? nodesOnly(List.of()) : DeviceReport.none();
        }
        ChildCommand command;
        try {
            command = child.get();
        } catch (RuntimeException e) {
            return failed("could not be started: " + e.getMessage());
        }
        return run(command, config.probeTimeout());
    }

    DeviceReport run(ChildCommand command, Duration deadline) {
        long end = System.nanoTime() + deadline.toNanos();
        Answer answer = new Answer();
        // the starter's thread must live as long as this child, and no longer
        try (ProcessStarter starter = new ProcessStarter()) {
            CompletionStage<ChildProcess> started = starter.start(command.answering(answer::read));
            try {
                ChildProcess child = within(end, started.toCompletableFuture());
                within(end, CompletableFuture.anyOf(child.exited().toCompletableFuture(), answer.tooLong));
                // the answer is in the pipe already, but a process that the child started may still hold the other end
                // open
                String output = within(System.nanoTime() + SLACK.toNanos(), answer.text);
                if (answer.tooLong.isDone()) {
                    return failed("wrote more than " + Answer.MAX_BYTES + " bytes, so its output is not a report");
                }
                return judge(child.exited().toCompletableFuture().join(), output, child.lastOutput());
            } catch (TimeoutException e) {
                return failed("did not answer within " + seconds(deadline));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return failed("was interrupted");
            } catch (ExecutionException e) {
                Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
                return failed("could not be started: " + cause.getMessage());
            } finally {
                // this also ends a child whose start completes only later
                started.thenAccept(DeviceProbe::end);
            }
        }
    }

    private DeviceReport judge(ExitStatus exit, String output, List<String> lastOutput) {
        if (!exit.equals(new ExitStatus.Exited(0))) {
            Matcher crash = CRASH.matcher(output);
            return failed(
                    crash.find()
                            ? "crashed with " + crash.group(1) + " in " + excerpt(crash.group(2))
                            : "ended with " + exit + lastWords(lastOutput));
        }
        // only the last line: a driver's library may have printed something before it
        String line = output.substring(output.lastIndexOf('\n') + 1);
        try {
            return DeviceReportJson.read(line);
        } catch (JsonProcessingException e) {
            return failed(
                    output.isEmpty() ? "printed nothing" : "printed something that is not a report: " + excerpt(line));
        }
    }

    private DeviceReport failed(String how) {
        return nodesOnly(List.of("the device probe " + how + NODES_ONLY));
    }

    private DeviceReport nodesOnly(List<String> problems) {
        return new DeviceReport(
                false, DeviceNodes.devices(host.acceleratorNodes(), root), List.of(), visibility, problems);
    }

    private static String lastWords(List<String> lines) {
        return lines.isEmpty() || lines.getLast().isBlank() ? "" : ": " + excerpt(lines.getLast());
    }

    private static String excerpt(String text) {
        String printable = text.replaceAll("\\p{Cntrl}", "?");
        return printable.length() <= MAX_EXCERPT ? printable : printable.substring(0, MAX_EXCERPT) + "...";
    }

    private static String seconds(Duration time) {
        return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }

    /** Waits until a moment given in {@link System#nanoTime()}'s time. */
    private static <T> T within(long end, Future<T> future)
            throws InterruptedException, ExecutionException, TimeoutException {
        return future.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private static void end(ChildProcess child) {
        try {
            child.killTree()
                    .toCompletableFuture()
                    .orTimeout(SLACK.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            // blocked in the kernel, waiting for a driver: it dies once the driver returns
        }
    }

    /** The child's standard output. */
    private static final class Answer {
        /** A report of many devices takes about ten kilobytes. */
        static final int MAX_BYTES = 1 << 20;

        final CompletableFuture<String> text = new CompletableFuture<>();
        final CompletableFuture<Void> tooLong = new CompletableFuture<>();

        void read(InputStream output) {
            try {
                byte[] bytes = output.readNBytes(MAX_BYTES + 1);
                if (bytes.length > MAX_BYTES) {
                    tooLong.complete(null);
                }
                text.complete(new String(bytes, StandardCharsets.UTF_8).strip());
            } catch (IOException e) {
                // the child was killed: its exit status says more
                text.complete("");
            }
        }
    }
}
