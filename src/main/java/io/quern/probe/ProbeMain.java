package io.quern.probe;

import io.quern.device.ComputeDevice;
import io.quern.device.DeviceReport;
import io.quern.device.DeviceReportJson;
import io.quern.device.VisibilityVariables;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * The probe process: looks for accelerators, prints one {@link DeviceReport} as the last line of standard output and
 * ends with exit code 0. Its arguments are {@link ProbeArguments}. Log lines go to standard error.
 */
public final class ProbeMain {
    /** The exit code for wrong usage, as in sysexits.h. */
    private static final int EXIT_USAGE = 64;

    private static final int EXIT_LOST = 70;
    private static final long PARENT_PERIOD_MILLIS = 50;

    private ProbeMain() {}

    public static void main(String[] command) {
        ignoreSignalsToAll();
        ProbeArguments arguments;
        try {
            arguments = ProbeArguments.parse(command);
        } catch (IllegalArgumentException e) {
            System.err.println("ERROR probe: " + e.getMessage());
            halt(EXIT_USAGE);
            return;
        }
        arguments.parent().ifPresent(ProbeMain::endWithParent);
        DeviceReport report = look(arguments, System.getenv());
        // written as bytes and after a line end, so that output of a driver's library is never on the same line
        byte[] line = ("\n" + DeviceReportJson.write(report) + "\n").getBytes(StandardCharsets.UTF_8);
        System.out.write(line, 0, line.length);
        System.out.flush();
        halt(0);
    }

    /**
     * Ignores signals to the process group, as workers do: Ctrl-C in a terminal is for the engine, which ends the
     * probe.
     */
    private static void ignoreSignalsToAll() {
        for (String name : new String[] {"TERM", "INT", "HUP"}) {
            try {
                Signal.handle(new Signal(name), SignalHandler.SIG_IGN);
            } catch (IllegalArgumentException e) {
                // Windows has no SIGHUP
            }
        }
    }

    private static DeviceReport look(ProbeArguments arguments, Map<String, String> environment) {
        FileTree tree = new FileTree(arguments.root());
        Findings findings = new Findings();
        String path = environment.getOrDefault("PATH", "");
        ask(new NvidiaGpus(tree, arguments.nvml(), arguments.nvidiaSmi(), path)::find, findings);
        ask(new AmdGpus(tree)::find, findings);
        ask(new IntelGpus(tree)::find, findings);
        ask(new Gaudis(tree)::find, findings);
        List<ComputeDevice> computeDevices = new ArrayList<>();
        ask(all -> computeDevices.addAll(new LlamaDevices(arguments.llama()).find(all)), findings);
        Visibility visibility = Visibility.of(findings.devices(), environment);
        List<String> problems = new ArrayList<>(findings.problems());
        problems.addAll(visibility.notes());
        return new DeviceReport(
                true, visibility.devices(), computeDevices, VisibilityVariables.in(environment), problems);
    }

    /** Asks one question. A bug in it must not prevent the answers to the others. */
    private static void ask(Consumer<Findings> question, Findings findings) {
        try {
            question.accept(findings);
        } catch (RuntimeException e) {
            e.printStackTrace();
            findings.problem("the device probe failed: " + e);
        }
    }

    /**
     * Ends this process and nvidia-smi when the engine is killed, even if a call hangs in a driver. Polls, because the
     * JDK notices the end of a process that is not its child only after seconds.
     */
    private static void endWithParent(long parent) {
        Thread.ofPlatform().daemon().name("probe-parent").start(() -> {
            ProcessHandle self = ProcessHandle.current();
            try {
                while (self.parent().filter(now -> now.pid() == parent).isPresent()) {
                    Thread.sleep(PARENT_PERIOD_MILLIS);
                }
            } catch (InterruptedException e) {
                return;
            }
            self.descendants().forEach(ProcessHandle::destroyForcibly);
            halt(EXIT_LOST);
        });
    }

    /** Does not use exit: exit handlers of drivers' libraries may hang or crash. */
    private static void halt(int code) {
        System.err.flush();
        Runtime.getRuntime().halt(code);
    }
}
