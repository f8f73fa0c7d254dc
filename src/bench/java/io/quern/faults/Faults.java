package io.quern.faults;

import io.quern.bench.Machine;
import io.quern.bench.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs the faults and prints their table. The exit status is 1 if a promise was broken. Arguments: {@code --jar=},
 * {@code --home=} (an empty folder), {@code --launcher=}, {@code --logs=} (a folder), {@code --model=} (SmolLM2; faults
 * that need it are skipped without it), {@code --methods=}, {@code --only=} (names of faults), {@code --short}, {@code
 * --page=}.
 */
final class Faults {
    private static final List<Fault> ALL = List.of(
            new KillWorker(false),
            new KillWorkerUnderRules(),
            new KillEngine(),
            new StopWorker(true),
            new StopWorker(false),
            new Overload(),
            new VanishingClients(),
            new SilentClients(),
            new Poison(),
            new BrokenModel(),
            new KillLauncher(),
            new StopLauncher(),
            new ThreadLimit(),
            new Noexec(),
            new Sigterm(),
            new SignalToAll(false),
            new SignalToAll(true),
            new KillWorker(true));

    private static final Duration LIMIT = Duration.ofMinutes(30);
    private static final Duration LIMIT_SHORT = Duration.ofMinutes(3);

    private Faults() {}

    public static void main(String[] args) throws IOException {
        Map<String, String> options = new HashMap<>();
        for (String argument : args) {
            String[] parts = argument.split("=", 2);
            options.put(parts[0], parts.length == 1 ? "" : parts[1]);
        }
        boolean brief = options.containsKey("--short");
        Path model = options.get("--model") == null ? null : Path.of(options.get("--model"));
        List<String> only = options.get("--only") == null
                ? null
                : List.of(options.get("--only").split(","));
        for (String name : only == null ? List.<String>of() : only) {
            if (ALL.stream().noneMatch(fault -> fault.name().equals(name))) {
                throw new IllegalArgumentException("unknown fault " + name + "; the faults are "
                        + ALL.stream().map(Fault::name).toList());
            }
        }
        Path logs = Files.createDirectories(Path.of(options.get("--logs")));
        String begin = Machine.measured(1);
        AtomicInteger engines = new AtomicInteger();
        StringBuilder rows = new StringBuilder();
        boolean passed = true;
        List<String> methods =
                List.of(options.getOrDefault("--methods", "spawn,forkserver").split(","));
        for (String method : methods) {
            if (!method.equals("spawn") && !Files.exists(Path.of(options.get("--launcher")))) {
                System.out.println(method + ": skipped, because the build found no C compiler");
                continue;
            }
            // A folder below the given one: if it were the same, the arguments of the suite would name the home of an
            // engine.
            TestBed testBed = new TestBed(
                    Path.of(options.get("--jar")),
                    Path.of(options.get("--home"), "engine"),
                    Path.of(options.get("--launcher")),
                    logs,
                    method,
                    brief,
                    model,
                    engines);
            for (Fault fault : ALL) {
                boolean wanted = only == null || only.contains(fault.name());
                boolean again = brief && fault.sameWithAll() && !method.equals(methods.getFirst());
                if (!wanted
                        || again
                        || !fault.concerns(method)
                        || model == null && fault.name().equals("kill-worker-sampled")) {
                    continue;
                }
                System.out.println(fault.name() + ", " + method);
                long started = System.nanoTime();
                Outcome outcome = outcome(fault, testBed);
                passed &= outcome.passed();
                String row = "| %s | %s | %s".formatted(fault.name(), method, outcome.row());
                System.out.printf("  %.0f s: %s%n", Times.millisSince(started) / 1000, row);
                rows.append(row).append('\n');
            }
        }
        String table =
                begin + "| fault | start method | times | outcome | figures |\n|---|---|---|---|---|\n" + rows + "\n";
        System.out.println("\n" + table);
        if (options.get("--page") != null) {
            new Page(Path.of(options.get("--page"))).write("faults", table);
        }
        System.exit(passed ? 0 : 1);
    }

    /**
     * Runs a fault in a thread of its own. If the fault takes too long it fails, with the stack trace of that thread.
     */
    private static Outcome outcome(Fault fault, TestBed testBed) {
        FutureTask<Outcome> task = new FutureTask<>(() -> fault.run(testBed));
        Thread thread = Thread.ofPlatform().daemon().name(fault.name()).start(task);
        Duration limit = testBed.brief() ? LIMIT_SHORT : LIMIT;
        Outcome failed = new Outcome(0);
        try {
            return task.get(limit.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            failed.fail("expected the fault to end within %s; its thread waits in %s"
                    .formatted(limit, List.of(thread.getStackTrace())));
            thread.interrupt();
        } catch (ExecutionException e) {
            failed.fail(e.getCause().toString());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return failed;
    }

    /** Prints a line for every tenth repetition. */
    static void progress(int done, int of) {
        if ((done + 1) % 10 == 0) {
            System.out.printf("  %d of %d%n", done + 1, of);
        }
    }
}
