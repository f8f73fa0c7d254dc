package io.quern.cli;

import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.quern.device.ThreadLimit;
import io.quern.launch.ProcessProbe;
import io.quern.probe.ProbeMain;
import io.quern.worker.WorkerMain;
import java.util.Arrays;
import java.util.function.BiConsumer;
import picocli.CommandLine;

/** The application's main. What is not for the engine is sent to its own plain main before Quarkus boots. */
@QuarkusMain
public final class Quern {
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

    public static void main(String[] args) throws InterruptedException {
        String first = args.length == 0 ? "" : args[0];
        if ((first.equals("worker") || first.equals("probe")) && ProcessProbe.nativeExecutable()) {
            System.err.println(
                    "a native executable has no " + first + " in it: those run on a JVM (quern.worker.java)");
            System.exit(2);
        }
        switch (first) {
            case "" -> {
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
                        .execute(args));
        }
    }
}
