package io.quern.cli;

import io.quern.boot.Assumptions;
import io.quern.device.Device;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.device.Vendor;
import io.quern.launch.WorkerConfig;
import io.quern.policy.ProcessFacts;
import io.quern.policy.StartMethodConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Holds the assumptions of a command line.
 *
 * @param method assumed value of {@code quern.worker.start-method}, or null to use the configured one
 * @param values assumed inputs of the policy by key
 */
record GivenAssumptions(String method, Map<String, String> values) implements Assumptions {
    static final List<String> KEYS = List.of(
            "device",
            "device-initialised",
            "engine-device",
            "entry-point",
            "launcher",
            "launcher-threads",
            "native-executable",
            "numa-binding",
            "os",
            "wsl");

    /** @throws IllegalArgumentException if a key is unknown or a value is invalid; the message names what is allowed */
    GivenAssumptions {
        values.keySet().stream().filter(key -> !KEYS.contains(key)).findFirst().ifPresent(key -> {
            throw new IllegalArgumentException(
                    "--set " + key + " is unknown; the known keys are " + String.join(", ", KEYS));
        });
    }

    @Override
    public StartMethodConfig wish(WorkerConfig config) {
        StartMethodConfig wish = method == null
                ? Assumptions.super.wish(config)
                : StartMethodConfig.asked("--method", method, config.numaBinding())
                        .withDevices(config.devices().orElse(List.of()));
        return new StartMethodConfig(
                wish.requested(),
                wish.source(),
                wish.ignored(),
                flag("numa-binding", wish.numaBinding()),
                wish.devices());
    }

    @Override
    public HostFacts in(HostFacts host) {
        return new HostFacts(
                values.getOrDefault("os", host.os()),
                host.arch(),
                host.libc(),
                host.cores(),
                host.maxMemoryBytes(),
                host.numaNodes(),
                flag("wsl", host.wsl()),
                host.container(),
                host.acceleratorNodes(),
                host.cpus(),
                host.cpusLimited(),
                host.memoryLimited());
    }

    @Override
    public Optional<DeviceReport> devices() {
        String device = values.get("device");
        if (device == null) {
            return Optional.empty();
        }
        if (device.equals("none")) {
            return Optional.of(DeviceReport.none());
        }
        Vendor vendor = Arrays.stream(Vendor.values())
                .filter(one -> one.toString().equals(device))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "--set device must be none, nvidia, amd, xpu or gaudi, but is " + device));
        return Optional.of(new DeviceReport(
                true,
                List.of(new Device(vendor, "assumed", "", 0, 0, "", "", false, true, "--set")),
                List.of(),
                Map.of(),
                List.of()));
    }

    @Override
    public ProcessFacts in(ProcessFacts process) {
        return new ProcessFacts(
                flag("launcher", process.launcher()),
                process.launcherProblem(),
                flag("entry-point", process.entryPoint()),
                number("launcher-threads", process.launcherThreads()),
                device("device-initialised", process.launcherDevice()),
                device("engine-device", process.engineDevice()),
                flag("native-executable", process.nativeExecutable()),
                process.java(),
                process.forkCommand(),
                process.insideWorker());
    }

    private boolean flag(String key, boolean found) {
        String value = values.get(key);
        if (value == null) {
            return found;
        }
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("--set " + key + " must be true or false, but is " + value);
        };
    }

    private int number(String key, int found) {
        try {
            return values.containsKey(key) ? Integer.parseInt(values.get(key)) : found;
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--set " + key + " must be a number, but is " + values.get(key), e);
        }
    }

    private String device(String key, String found) {
        return values.containsKey(key) ? flag(key, false) ? "assumed by --set " + key : "" : found;
    }
}
