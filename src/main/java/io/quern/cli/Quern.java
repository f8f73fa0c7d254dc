package io.quern.cli;

import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.Quarkus;
import io.quern.device.ThreadLimit;
import io.quern.jvm.NativeExecutable;
import io.quern.probe.ProbeMain;
import io.quern.text.Printable;
import io.quern.worker.WorkerMain;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs what the arguments ask for. It passes {@code worker} and {@code probe} to their own mains before Quarkus boots.
 */
final class Quern {
    private static final String DEVELOPMENT_LOADER = "io.quarkus.bootstrap.classloading.QuarkusClassLoader";

    private static final Set<String> NOT_FOR_THE_ENGINE = Set.of("worker", "probe");

    /** A setting after the jar on the command line, in the form that the JVM takes before the jar. */
    private static final Pattern PROPERTY = Pattern.compile("-D([^=]+)=(.*)", Pattern.DOTALL);

    /** Names the limit if the boot fails because no thread can be created; the JVM's message does not. */
    private static void nameThreadLimit() {
        BiConsumer<Integer, Throwable> exit = ApplicationLifecycleManager.getDefaultExitCodeHandler();
        ApplicationLifecycleManager.setDefaultExitCodeHandler((Integer code, Throwable error) -> {
            for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                if (ThreadLimit.reached(cause.getMessage())) {
                    System.err.println(
                            "Cannot start: the engine cannot create another thread. " + ThreadLimit.describe());
                    break;
                }
            }
            exit.accept(code, error);
        });
    }

    static void main(String[] all) throws InterruptedException {
        OwnCommand.remember(all);
        String[] args = withoutProperties(all);
        String first = args.length == 0 ? "" : args[0];
        if (NOT_FOR_THE_ENGINE.contains(first) && NativeExecutable.isThisProcess()) {
            System.err.println("A native executable contains no " + first + ": it runs on a JVM (quern.worker.java).");
            System.exit(2);
        }
        if (!NOT_FOR_THE_ENGINE.contains(first)) {
            ConfigurationFiles.problem().ifPresent(problem -> {
                System.err.println(Printable.lines(problem));
                System.exit(1);
            });
        }
        switch (first) {
            case "" -> serve();
            case Rehearsal.NAME -> Quarkus.run(Rehearsal.class);
            case "worker" -> WorkerMain.main(Arrays.copyOfRange(args, 1, args.length));
            case "probe" -> ProbeMain.main(Arrays.copyOfRange(args, 1, args.length));
            default -> {
                int exitCode = Commands.run(args);
                // after "serve", development mode starts the application again
                if (!inQuarkusOwnLoader()) {
                    System.exit(exitCode);
                }
            }
        }
    }

    /** Runs the engine until it is asked to stop. Then the process exits, except in development mode. */
    static void serve() {
        if (!inQuarkusOwnLoader()) {
            StopSignals.install();
        }
        ParentWatch.startIfNeeded();
        EmergencyExit.prepare();
        nameThreadLimit();
        Quarkus.run(Engine.class);
    }

    /**
     * In development mode and in tests the process belongs to Maven or a test runner. Quarkus sets its LaunchMode too
     * late for this.
     */
    private static boolean inQuarkusOwnLoader() {
        return Quern.class.getClassLoader().getClass().getName().equals(DEVELOPMENT_LOADER);
    }

    /**
     * Sets arguments such as {@code -Dquern.model=demo} as system properties before Quarkus reads its configuration.
     * Returns the others.
     */
    private static String[] withoutProperties(String[] args) {
        if (args.length > 0 && NOT_FOR_THE_ENGINE.contains(args[0])) {
            return args;
        }
        List<String> others = new ArrayList<>();
        for (String arg : args) {
            Matcher property = PROPERTY.matcher(arg);
            if (property.matches()) {
                System.setProperty(property.group(1), property.group(2));
            } else {
                others.add(arg);
            }
        }
        return others.toArray(String[]::new);
    }
}
