package io.quern.attacks;

import io.quern.bench.Machine;
import io.quern.bench.Page;
import io.quern.bench.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs the attacks and prints their table. The exit status is 1 if one succeeded. Arguments: {@code --application=}
 * (the folder {@code quarkus-app}), {@code --before=} (that folder of an older version: its results become a column but
 * do not affect the exit status), {@code --folder=} (an empty one), {@code --logs=}, {@code --only=} (names of
 * attacks), {@code --short}, {@code --page=}.
 */
final class Attacks {
    private static final List<Attack> ALL = List.of(
            new OversizedHead(),
            new PrefixTiming(),
            new TemplateSteps(),
            new TemplateMemory(),
            new TerminalEscapes(),
            new OpenByDefault(),
            new GuessedKeys(),
            new DevelopmentEndpoints(),
            new SmuggledRequest(),
            new InventedMethods(),
            new EventReaders(),
            new OperatorViews(),
            new FullMainPort(),
            new TakenOverWorker("forkserver"),
            new TakenOverWorker("spawn"),
            new WorkerEnvironment(),
            new CoreDump(),
            new LauncherHardening(),
            new HalfSentBodies(),
            new ExhaustedHeap(),
            new AmplifiedJson(),
            StalledRequest.head(),
            StalledRequest.body(),
            new TinyHeaders(),
            new Crowd(),
            new Http2Streams(),
            new ForeignPage(),
            new ForgedRunFile(),
            new SwappedFolder(),
            new PlantedLauncher(),
            new PlantedLibrary(),
            new ReadableTraces());

    private static final Duration LIMIT = Duration.ofMinutes(3);

    /**
     * How much more memory, in MiB, the shared engine may use after all attacks: the heap of a JVM varies that much.
     */
    private static final double GROWTH_MEBIBYTES = 96;

    private static final int MORE_THREADS = 4;
    private static final Duration SETTLE_TIME = Duration.ofSeconds(20);

    private Attacks() {}

    public static void main(String[] args) throws IOException {
        Map<String, String> options = new HashMap<>();
        for (String argument : args) {
            String[] parts = argument.split("=", 2);
            options.put(parts[0], parts.length == 1 ? "" : parts[1]);
        }
        List<String> only = options.get("--only") == null
                ? null
                : List.of(options.get("--only").split(","));
        for (String name : only == null ? List.<String>of() : only) {
            if (ALL.stream().noneMatch(attack -> attack.name().equals(name))) {
                throw new IllegalArgumentException("unknown attack " + name + "; the attacks are "
                        + ALL.stream().map(Attack::name).toList());
            }
        }
        List<Attack> wanted = ALL.stream()
                .filter(attack -> only == null || only.contains(attack.name()))
                .toList();
        Path folder = Path.of(options.get("--folder"));
        Path logs = Path.of(options.get("--logs"));
        boolean brief = options.containsKey("--short");
        String begin = Machine.measured(1);
        String before = options.get("--before");
        Map<String, Finding> findingsBefore =
                before == null ? Map.of() : findings(wanted, Path.of(before), folder, logs.resolve("before"), brief);
        Map<String, Finding> findingsNow =
                findings(wanted, Path.of(options.get("--application")), folder, logs.resolve("now"), brief);

        StringBuilder table = new StringBuilder(begin)
                .append(
                        before == null
                                ? "| attack | what is tried, and what should happen | now |\n|---|---|---|\n"
                                : "| attack | what is tried, and what should happen | before | now |\n|---|---|---|---|\n");
        Map<String, String> tries = new LinkedHashMap<>();
        wanted.forEach(attack -> tries.put(attack.name(), attack.tries()));
        tries.put(
                AFTERWARDS,
                "All attacks that share an engine are over."
                        + " The engine should not use more memory and threads than before.");
        tries.forEach((name, what) -> {
            if (findingsNow.containsKey(name)) {
                table.append("| %s | %s |".formatted(name, what));
                if (before != null) {
                    table.append(" %s |".formatted(findingsBefore.get(name).cell()));
                }
                table.append(" %s |\n".formatted(findingsNow.get(name).cell()));
            }
        });
        System.out.println("\n" + table);
        if (options.get("--page") != null) {
            new Page(Path.of(options.get("--page"))).write("attacks", table + "\n");
        }
        boolean passed = findingsNow.values().stream()
                .allMatch(finding -> finding instanceof Finding.Held || finding instanceof Finding.Skipped);
        System.exit(passed ? 0 : 1);
    }

    private static final String AFTERWARDS = "afterwards";

    private static Map<String, Finding> findings(
            List<Attack> wanted, Path application, Path folder, Path logs, boolean brief) throws IOException {
        Map<String, Finding> findings = new LinkedHashMap<>();
        Path ownFolder = Files.createTempDirectory(folder, "target-");
        // Attacks that run as another user must reach their files below this folder.
        Files.setPosixFilePermissions(ownFolder, PosixFilePermissions.fromString("rwx--x--x"));
        try (Target target = new Target(application, ownFolder, Files.createDirectories(logs), brief)) {
            Footprint footprint = null;
            for (Attack attack : wanted) {
                System.out.println(logs.getFileName() + ": " + attack.name());
                long started = System.nanoTime();
                Finding finding = finding(attack, target);
                System.out.printf("  %.1f s: %s%n", (System.nanoTime() - started) / 1e9, finding.cell());
                findings.put(attack.name(), finding);
                if (footprint == null && target.hasShared()) {
                    // Measured after the first attack, when the engine is warm.
                    footprint = Footprint.now(target.shared());
                }
            }
            if (footprint != null) {
                findings.put(AFTERWARDS, footprint.compare(target.shared()));
                System.out.println("  " + findings.get(AFTERWARDS).cell());
            }
        }
        return findings;
    }

    /** The memory and threads of the shared engine at some moment. */
    private record Footprint(double mebibytes, int threads) {
        static Footprint now(Victim victim) throws IOException {
            return new Footprint(victim.residentMebibytes(), victim.threads());
        }

        /** Waits a while for the same use as before, because idle threads end only after some time. */
        Finding compare(Victim victim) throws IOException {
            if (!victim.process().isAlive()) {
                return new Finding.Succeeded("the shared engine ended with exit code "
                        + victim.process().exitValue());
            }
            long begin = System.nanoTime();
            Footprint after = now(victim);
            while (!isWithinBounds(after) && System.nanoTime() - begin < SETTLE_TIME.toNanos()) {
                Service.pause(Duration.ofMillis(200));
                after = now(victim);
            }
            return Finding.of(
                    isWithinBounds(after),
                    "memory %.0f MiB, afterwards %.0f; threads %d, afterwards %d",
                    mebibytes,
                    after.mebibytes,
                    threads,
                    after.threads);
        }

        private boolean isWithinBounds(Footprint after) {
            return after.mebibytes <= mebibytes + GROWTH_MEBIBYTES && after.threads <= threads + MORE_THREADS;
        }
    }

    /**
     * Runs an attack in a thread of its own. If it takes too long it could not be tried; the finding has its stack
     * trace.
     */
    private static Finding finding(Attack attack, Target target) {
        if (attack.needsRoot() && !Nobody.isPossible()) {
            return new Finding.Skipped("needs root");
        }
        FutureTask<Finding> task = new FutureTask<>(() -> attack.run(target));
        Thread thread = Thread.ofPlatform().daemon().name(attack.name()).start(task);
        try {
            return task.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            Finding failed = new Finding.Failed(
                    "not done within %s; its thread waits in %s".formatted(LIMIT, List.of(thread.getStackTrace())));
            thread.interrupt();
            return failed;
        } catch (ExecutionException e) {
            return new Finding.Failed(e.getCause().toString());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
