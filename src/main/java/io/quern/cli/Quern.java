package io.quern.cli;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.quern.launch.ProcessProbe;
import io.quern.probe.ProbeMain;
import io.quern.worker.WorkerMain;
import java.util.Arrays;
import picocli.CommandLine;

/** The application's main. What is not for the engine is sent to its own plain main before Quarkus boots. */
@QuarkusMain
public final class Quern {
    private static final String DEVELOPMENT_LOADER = "io.quarkus.bootstrap.classloading.QuarkusClassLoader";

    public static void main(String[] args) throws InterruptedException {
        String first = args.length == 0 ? "" : args[0];
        if ((first.equals("worker") || first.equals("probe")) && ProcessProbe.nativeExecutable()) {
            System.err.println(
                    "a native executable has no " + first + " in it: those run on a JVM (quern.worker.java)");
            System.exit(2);
        }
        switch (first) {
            case "" -> {
                if (!inQuarkusOwnLoader()) {
                    StopSignals.install();
                }
                Quarkus.run(Engine.class, args);
            }
            case Rehearsal.NAME -> Quarkus.run(Rehearsal.class);
            case "worker" -> WorkerMain.main(Arrays.copyOfRange(args, 1, args.length));
            case "probe" -> ProbeMain.main(Arrays.copyOfRange(args, 1, args.length));
            default ->
                System.exit(new CommandLine(new Commands())
                        .setCommandName(Commands.name())
                        .execute(args));
        }
    }

    /** In development mode and in tests the process is Maven's or a test runner's. Quarkus sets its LaunchMode later than this. */
    private static boolean inQuarkusOwnLoader() {
        return Quern.class.getClassLoader().getClass().getName().equals(DEVELOPMENT_LOADER);
    }
}
