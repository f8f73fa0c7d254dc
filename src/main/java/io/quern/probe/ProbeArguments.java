package io.quern.probe;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The probe's command line.
 *
 * @param root folder that contains /dev, /proc and /sys; another one for recorded trees
 * @param nvml NVIDIA's management library; by default the dynamic linker looks for libnvidia-ml.so.1
 * @param nvidiaSmi NVIDIA's tool; by default it is looked up on the PATH
 * @param llama folder with llama.cpp's libraries; if empty, llama.cpp is not asked
 * @param parent the process with which the probe ends, if any
 */
record ProbeArguments(
        Path root, Optional<Path> nvml, Optional<Path> nvidiaSmi, Optional<Path> llama, OptionalLong parent) {
    private static final Set<String> KEYS = Set.of("root", "nvml", "nvidia-smi", "llama", "parent");

    /** @throws IllegalArgumentException with one line that says what is wrong */
    static ProbeArguments parse(String... arguments) {
        Map<String, Path> paths = new HashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            String key = argument.startsWith("--") && equals > 0 ? argument.substring(2, equals) : "";
            if (!KEYS.contains(key) || equals == argument.length() - 1) {
                throw new IllegalArgumentException("unknown argument '" + argument
                        + "'; the arguments are --root=PATH, --nvml=PATH, --nvidia-smi=PATH, --llama=PATH and"
                        + " --parent=PID");
            }
            try {
                if (paths.put(key, Path.of(argument.substring(equals + 1))) != null) {
                    throw new IllegalArgumentException("--" + key + " is given twice");
                }
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException("--" + key + " is not a valid path: " + e.getMessage(), e);
            }
        }
        return new ProbeArguments(
                paths.getOrDefault("root", Path.of("/")),
                Optional.ofNullable(paths.get("nvml")),
                Optional.ofNullable(paths.get("nvidia-smi")),
                Optional.ofNullable(paths.get("llama")),
                parent(paths.get("parent")));
    }

    private static OptionalLong parent(@Nullable Path text) {
        try {
            return text == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text.toString()));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--parent is not a process id: " + text, e);
        }
    }
}
