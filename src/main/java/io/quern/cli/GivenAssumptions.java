package io.quern.cli;

import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.quern.boot.Assumptions;
import io.quern.device.Device;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.device.Vendor;
import io.quern.launch.WorkerConfig;
import io.quern.model.ModelMemory;
import io.quern.policy.ProcessFacts;
import io.quern.policy.StartMethodConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Holds the assumptions of a command line.
 *
 * @param method assumed value of {@code quern.worker.start-method}, or null to use the configured one
 * @param values assumed inputs of the policy by key
 */
record GivenAssumptions(String method, Map<String, String> values) implements Assumptions {
    static final List<String> KEYS = List.of(
            "device",
            "cpus",
            "device-initialised",
            "device-memory",
            "devices",
            "engine-device",
            "entry-point",
            "launcher",
            "launcher-threads",
            "memory",
            "native-executable",
            "numa-binding",
            "numa-nodes",
            "os",
            "weights",
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
        double cpus = cpus(host.cpus());
        return new HostFacts(
                values.getOrDefault("os", host.os()),
                host.arch(),
                host.libc(),
                values.containsKey("cpus") ? (int) Math.ceil(cpus) : host.cores(),
                bytes("memory", host.maxMemoryBytes()),
                values.containsKey("numa-nodes")
                        ? IntStream.range(0, atLeast(0, "numa-nodes")).boxed().toList()
                        : host.numaNodes(),
                flag("wsl", host.wsl()),
                host.container(),
                host.acceleratorNodes(),
                cpus,
                host.cpusLimited() && !values.containsKey("cpus"),
                host.memoryLimited() && !values.containsKey("memory"));
    }

    @Override
    public boolean sameMachine() {
        return Stream.of("cpus", "numa-nodes", "weights").noneMatch(values::containsKey);
    }

    @Override
    public ModelMemory in(ModelMemory model) {
        long weights = bytes("weights", model.weights());
        double quantised = model.weights() == 0 ? 0 : (double) model.quantised() / model.weights();
        return values.containsKey("weights") ? model.withWeights(weights, (long) (weights * quantised)) : model;
    }

    @Override
    public Optional<DeviceReport> devices() {
        String device = values.get("device");
        if (device == null) {
            if (!values.containsKey("devices")) {
                return Optional.empty();
            }
            device = Vendor.NVIDIA.toString();
        }
        String named = device;
        if (device.equals("none")) {
            return Optional.of(DeviceReport.none());
        }
        Vendor vendor = Arrays.stream(Vendor.values())
                .filter(one -> one.toString().equals(named))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "--set device must be none, nvidia, amd, xpu or gaudi, but is " + named));
        return Optional.of(new DeviceReport(
                true,
                IntStream.range(0, atLeast(1, "devices"))
                        .mapToObj(i -> assumed(vendor, i))
                        .toList(),
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

    private Device assumed(Vendor vendor, int index) {
        String id = vendor == Vendor.NVIDIA && values.containsKey("devices") ? "GPU-assumed-" + index : "assumed";
        long memory = bytes("device-memory", 0);
        return new Device(vendor, id, "", memory, memory, "", "", false, true, "--set");
    }

    private int atLeast(int least, String key) {
        int number = number(key, least);
        if (number < least) {
            throw new IllegalArgumentException("--set " + key + " must "
                    + (least == 0 ? "not be negative" : "be at least " + least) + ", but is " + number);
        }
        return number;
    }

    private double cpus(double found) {
        String value = values.get("cpus");
        if (value == null) {
            return found;
        }
        try {
            double cpus = Double.parseDouble(value);
            if (cpus > 0 && Double.isFinite(cpus)) {
                return cpus;
            }
        } catch (NumberFormatException e) {
            // as below
        }
        throw new IllegalArgumentException("--set cpus must be a positive number such as 0.5 or 8, but is " + value);
    }

    private long bytes(String key, long found) {
        String value = values.get(key);
        if (value == null) {
            return found;
        }
        try {
            long bytes = new MemorySizeConverter().convert(value).asLongValue();
            if (bytes > 0) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            // as below
        }
        throw new IllegalArgumentException("--set " + key + " must be a size such as 512M or 16G, but is " + value);
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
