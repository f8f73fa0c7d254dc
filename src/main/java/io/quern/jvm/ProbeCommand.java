package io.quern.jvm;

import io.quern.process.ChildCommand;
import io.quern.sandbox.Sandbox;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Builds the command of the device probe, a JVM that runs for a few hundred milliseconds. */
public final class ProbeCommand {
    private static final Logger LOG = Logger.getLogger(ProbeCommand.class);
    private static final String MAIN = "io.quern.probe.ProbeMain";

    /** Driver libraries may crash in the probe, which should then leave one line and no files. */
    private static final List<String> OPTIONS = List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Xmx64m",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=/dev/null",
            "--enable-native-access=ALL-UNNAMED");

    private ProbeCommand() {}

    /**
     * @param runtime the Java that it runs on
     * @param sandbox its restrictions
     * @param llama the folder with llama.cpp's libraries, if the probe should ask llama.cpp for its devices
     */
    public static ChildCommand of(WorkerRuntime runtime, Sandbox sandbox, Optional<Path> llama) {
        List<String> line = new ArrayList<>();
        line.add(runtime.java().program().toString());
        line.addAll(OPTIONS);
        line.add("-cp");
        line.add(runtime.probeClasses().toString());
        line.add(MAIN);
        line.add("--parent=" + ProcessHandle.current().pid());
        llama.ifPresent(folder -> line.add("--llama=" + folder));
        return new ChildCommand(
                "device-probe",
                sandbox.over(line, sandbox.probe()),
                Map.of(),
                sandbox.variables().unwanted(),
                null,
                output -> LOG.debugf("Device probe: %s", output));
    }
}
