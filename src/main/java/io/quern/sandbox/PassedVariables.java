package io.quern.sandbox;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which of the engine's variables its children get: those that the C library, drivers and llama.cpp read. The rest may hold
 * secrets of the application. All that a worker needs to know of Quern stands in its arguments and settings.
 */
public final class PassedVariables {
    /** Names, or beginnings of names before a star. */
    private static final List<String> ALLOWED = List.of(
            // the system's
            "PATH",
            "HOME",
            "USER",
            "LOGNAME",
            "LANG",
            "LANGUAGE",
            "LC_*",
            "TZ",
            "TZDIR",
            "TMPDIR",
            "HOSTNAME",
            "container",
            // Windows
            "SystemRoot",
            "SYSTEMROOT",
            "TEMP",
            "TMP",
            // the dynamic linker and the C library
            "LD_LIBRARY_PATH",
            "DYLD_LIBRARY_PATH",
            "MALLOC_*",
            "GLIBC_TUNABLES",
            // llama.cpp and what it computes with
            "GGML_*",
            "LLAMA_*",
            "OMP_*",
            "GOMP_*",
            "KMP_*",
            "OPENBLAS_*",
            "MKL_*",
            "BLIS_*",
            // drivers
            "CUDA_*",
            "CUBLAS_*",
            "NVIDIA_*",
            "NCCL_*",
            "ROCR_*",
            "ROCM_*",
            "HIP_*",
            "HSA_*",
            "AMD_*",
            "GPU_*",
            "ONEAPI_*",
            "SYCL_*",
            "ZE_*",
            "ZES_*",
            "UR_*",
            "NEO*",
            "HABANA_*",
            "VK_*",
            "VULKAN_*",
            "OCL_*",
            "OPENCL_*",
            "MUSA_*",
            "ASCEND_*");

    private final Map<String, String> engine;
    private final Pattern allowed;

    /**
     * @param engine the engine's own environment
     * @param more names, or beginnings of names before a star, that are passed too
     * @throws IllegalArgumentException for what is neither
     */
    public PassedVariables(Map<String, String> engine, List<String> more) {
        this.engine = engine;
        this.allowed = Pattern.compile(
                Stream.concat(ALLOWED.stream(), more.stream().map(PassedVariables::checked))
                        .map(PassedVariables::pattern)
                        .collect(Collectors.joining("|")),
                Pattern.DOTALL);
    }

    /**
     * Of this process.
     *
     * @param more names, or beginnings of names before a star, that are passed too
     * @throws IllegalArgumentException for what is neither
     */
    public static PassedVariables ofThisProcess(List<String> more) {
        return new PassedVariables(System.getenv(), more);
    }

    private static String checked(String name) {
        if (name.isEmpty()
                || name.indexOf('=') >= 0
                || name.indexOf('*') >= 0 && name.indexOf('*') < name.length() - 1) {
            throw new IllegalArgumentException("quern.worker.environment holds \"" + name
                    + "\", which is neither the name of a variable nor the beginning of names with a * at its end");
        }
        return name;
    }

    private static String pattern(String name) {
        return name.endsWith("*") ? Pattern.quote(name.substring(0, name.length() - 1)) + ".*" : Pattern.quote(name);
    }

    /** The names of the engine's variables that go to its children. */
    public Set<String> passed() {
        return engine.keySet().stream()
                .filter(name -> allowed.matcher(name).matches())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The names of those that do not. */
    public Set<String> unwanted() {
        return engine.keySet().stream()
                .filter(name -> !allowed.matcher(name).matches())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** One of those that are passed. */
    public Optional<String> value(String name) {
        return Optional.ofNullable(engine.get(name)).filter(value -> passed().contains(name));
    }

    /** All of those that are passed, by name. */
    public Map<String, String> values() {
        Map<String, String> values = new TreeMap<>(engine);
        values.keySet().retainAll(passed());
        return values;
    }
}
