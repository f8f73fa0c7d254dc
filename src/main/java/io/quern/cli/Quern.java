package io.quern.cli;

import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.device.ThreadLimit;
import io.quern.jvm.NativeExecutable;
import io.quern.probe.ProbeMain;
import io.quern.text.Printable;
import io.quern.worker.WorkerMain;
import io.smallrye.config.ConfigValidationException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** The application's main. What is not for the engine is sent to its own plain main before Quarkus boots. */
@QuarkusMain
public final class Quern {
    private static final String DEVELOPMENT_LOADER = "io.quarkus.bootstrap.classloading.QuarkusClassLoader";

    private static final Set<String> NOT_FOR_THE_ENGINE = Set.of("worker", "probe");

    /** How a setting is given behind the jar, as it would be given to the JVM before it. */
    private static final Pattern PROPERTY = Pattern.compile("-D([^=]+)=(.*)", Pattern.DOTALL);

    /** If the boot fails because no thread could be made, the JVM's message does not say which limit it is. */
    private static void nameThreadLimit() {
        BiConsumer<Integer, Throwable> exit = ApplicationLifecycleManager.getDefaultExitCodeHandler();
        ApplicationLifecycleManager.setDefaultExitCodeHandler((Integer code, Throwable error) -> {
            for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                if (ThreadLimit.reached(cause.getMessage())) {
                    System.err.println(
                            "Cannot start: the engine cannot make another thread. " + ThreadLimit.describe());
                    break;
                }
            }
            exit.accept(code, error);
        });
    }

    public static void main(String[] all) throws InterruptedException {
        String[] args = withoutProperties(all);
        String first = args.length == 0 ? "" : args[0];
        if (NOT_FOR_THE_ENGINE.contains(first) && NativeExecutable.isThisProcess()) {
            System.err.println(
                    "a native executable has no " + first + " in it: those run on a JVM (quern.worker.java)");
            System.exit(2);
        }
        if (!NOT_FOR_THE_ENGINE.contains(first)) {
            ConfigurationFiles.problem().ifPresent(problem -> {
                System.err.println(Printable.lines(problem));
                System.exit(1);
            });
        }
        switch (first) {
            case "" -> {
                if (!inQuarkusOwnLoader()) {
                    StopSignals.install();
                }
                EmergencyExit.prepare();
                nameThreadLimit();
                Quarkus.run(Engine.class, args);
            }
            case Rehearsal.NAME -> Quarkus.run(Rehearsal.class);
            case "worker" -> WorkerMain.main(Arrays.copyOfRange(args, 1, args.length));
            case "probe" -> ProbeMain.main(Arrays.copyOfRange(args, 1, args.length));
            default ->
                System.exit(new CommandLine(new Commands())
                        .setCommandName(Commands.name())
                        .setExecutionExceptionHandler(Quern::explain)
                        .execute(args));
        }
    }

    /** In development mode and in tests the process is Maven's or a test runner's. Quarkus sets its LaunchMode later than this. */
    private static boolean inQuarkusOwnLoader() {
        return Quern.class.getClassLoader().getClass().getName().equals(DEVELOPMENT_LOADER);
    }

    /** Sets arguments such as {@code -Dquern.model=demo} as system properties, and leaves the others; before Quarkus reads its configuration. */
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

    /** Of a configuration that makes no sense the message says all; a command that needs no part of it is not stopped by it. */
    private static int explain(Exception failure, CommandLine command, CommandLine.ParseResult parsed)
            throws Exception {
        if (failure instanceof ConfigValidationException || failure instanceof ConfigurationException) {
            command.getErr().println(Printable.lines("PROBLEM: " + failure.getMessage()));
            return 1;
        }
        throw failure;
    }
}
