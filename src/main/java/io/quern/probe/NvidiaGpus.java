package io.quern.probe;

import io.quern.device.Device;
import io.quern.device.Vendor;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * NVIDIA's GPUs, found with the management library, or with nvidia-smi if that fails, or else by their device nodes.
 *
 * @param library NVML; empty for its usual place
 * @param tool nvidia-smi; empty to search the PATH
 * @param searchPath the PATH
 */
record NvidiaGpus(FileTree tree, Optional<Path> library, Optional<Path> tool, String searchPath) {
    private static final String LIBRARY = "libnvidia-ml.so.1";

    /** Under WSL, Windows provides its driver's libraries here; the only device node is /dev/dxg. */
    private static final String WSL_FOLDER = "usr/lib/wsl/lib";

    private static final Duration TOOL_DEADLINE = Duration.ofSeconds(4);

    @FunctionalInterface
    private interface Question<T> {
        T ask() throws NvmlException;
    }

    void find(Findings findings) {
        List<String> nodes = tree.names("dev", "nvidia[0-9]*");
        boolean mayBeThere = !nodes.isEmpty() || wsl();
        try {
            byLibrary(findings);
            return;
        } catch (NvmlException e) {
            boolean noDriver = e.code() == NvmlException.ABSENT || e.code() == NvmlException.DRIVER_NOT_LOADED;
            if (!mayBeThere && noDriver) {
                // an ordinary machine without NVIDIA GPUs, although their libraries may be installed
                return;
            }
            findings.problem("NVIDIA: " + e.getMessage());
        }
        if (!byTool(findings)) {
            for (int i = 0; i < nodes.size(); i++) {
                findings.add(new Found(
                        new Device(
                                Vendor.NVIDIA,
                                "/dev/" + nodes.get(i),
                                "",
                                0,
                                0,
                                "",
                                tree.text("sys/module/nvidia/version"),
                                false,
                                true,
                                "device-node"),
                        i));
            }
        }
    }

    private boolean wsl() {
        return tree.has("dev/dxg") && tree.has(WSL_FOLDER + "/" + LIBRARY);
    }

    private void byLibrary(Findings findings) throws NvmlException {
        String file = library.map(Path::toString)
                .orElseGet(() ->
                        wsl() ? tree.root().resolve(WSL_FOLDER).resolve(LIBRARY).toString() : LIBRARY);
        try (Nvml nvml = Nvml.open(file)) {
            String driver = or("", "the driver's version", nvml::driverVersion, findings);
            int count = nvml.deviceCount();
            for (int i = 0; i < count; i++) {
                int index = i;
                or(Optional.<MemorySegment>empty(), "GPU " + index, () -> Optional.of(nvml.device(index)), findings)
                        .ifPresent(handle -> findings.add(gpu(nvml, index, handle, driver, findings)));
            }
        }
    }

    private static Found gpu(Nvml nvml, int index, MemorySegment handle, String driver, Findings findings) {
        String which = "GPU " + index;
        Nvml.Memory memory = or(new Nvml.Memory(0, 0), which, () -> nvml.memory(handle), findings);
        boolean mig = or(false, which, () -> nvml.mig(handle), findings);
        return new Found(
                new Device(
                        Vendor.NVIDIA,
                        or("nvidia" + index, which, () -> nvml.uuid(handle), findings),
                        or("", which, () -> nvml.name(handle), findings),
                        memory.totalBytes(),
                        memory.freeBytes(),
                        or("", which, () -> nvml.computeCapability(handle), findings),
                        driver,
                        mig,
                        true,
                        "nvml"),
                index,
                mig ? or(List.of(), which, () -> nvml.instances(handle), findings) : List.of());
    }

    /** Asks one question; a failure becomes a problem and does not prevent the other answers. */
    private static <T> T or(T unknown, String what, Question<T> question, Findings findings) {
        try {
            return question.ask();
        } catch (NvmlException e) {
            findings.problem("NVIDIA: " + what + ": " + e.getMessage());
            return unknown;
        }
    }

    private boolean byTool(Findings findings) {
        Optional<Path> program = tool.or(this::onSearchPath);
        if (program.isEmpty()) {
            return false;
        }
        try {
            new NvidiaSmi(program.get(), TOOL_DEADLINE).ask().forEach(findings::add);
            return true;
        } catch (IOException e) {
            findings.problem("NVIDIA: nvidia-smi: " + e.getMessage());
            return false;
        }
    }

    private Optional<Path> onSearchPath() {
        String path = searchPath + File.pathSeparator + tree.root().resolve(WSL_FOLDER);
        for (String folder : path.split(File.pathSeparator)) {
            Path program = Path.of(folder, "nvidia-smi");
            // an empty or relative entry would refer to the current working directory
            if (program.isAbsolute() && Files.isExecutable(program)) {
                return Optional.of(program);
            }
        }
        return Optional.empty();
    }
}
