package io.quern.device;

import io.quern.home.QuernHome;
import io.quern.jvm.ProbeCommand;
import io.quern.jvm.WorkerRuntime;
import io.quern.process.ChildCommand;
import io.quern.sandbox.Sandbox;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A real probe process on a recorded machine, independent of this machine.
 *
 * @param root the recorded machine
 * @param arguments further arguments
 * @param environment added to this process's environment without the variables that hide devices
 * @param byItself whether the probe looks for NVIDIA's library and tool itself, instead of taking them from its
 *     arguments
 */
record ProbeChild(Path root, List<String> arguments, Map<String, String> environment, boolean byItself) {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    static ProbeChild on(String machine) {
        return on(machine(machine));
    }

    static ProbeChild on(Path root) {
        return new ProbeChild(root, List.of(), Map.of(), false);
    }

    static Path machine(String name) {
        try {
            return Path.of(ProbeChild.class.getResource("/devices/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    ProbeChild with(String... further) {
        return new ProbeChild(
                root, Stream.concat(arguments.stream(), Stream.of(further)).toList(), environment, byItself);
    }

    ProbeChild set(String variable, String value) {
        Map<String, String> more = new HashMap<>(environment);
        more.put(variable, value);
        return new ProbeChild(root, arguments, more, byItself);
    }

    ProbeChild findingThemItself() {
        return new ProbeChild(root, arguments, environment, true);
    }

    DeviceReport report() {
        return report(PATIENCE);
    }

    DeviceReport report(Duration deadline) {
        return new DeviceProbe(HostProbe.look(root), root, environment).run(command(), deadline);
    }

    ChildCommand command() {
        ChildCommand probe = ProbeCommand.of(
                WorkerRuntime.find(Optional.empty(), QuernHome.locate(Optional.of(root.resolve("home")))),
                Sandbox.none(),
                Optional.empty());
        List<String> line = new ArrayList<>(probe.command());
        line.add("--root=" + root);
        line.addAll(arguments);
        for (String tool : List.of("nvml", "nvidia-smi")) {
            if (!byItself && arguments.stream().noneMatch(argument -> argument.startsWith("--" + tool + "="))) {
                line.add("--" + tool + "=" + root.resolve("no-" + tool));
            }
        }
        Set<String> without = new HashSet<>(probe.withoutEnvironment());
        without.addAll(VisibilityVariables.NAMES);
        return new ChildCommand(probe.name(), line, environment, without, null, probe.output());
    }
}
