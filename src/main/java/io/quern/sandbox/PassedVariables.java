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
 * Selects the environment variables that the engine passes to its children: those that the C library, drivers and
 * llama.cpp read. The others may hold secrets of the application. A worker's arguments and settings contain everything
 * it needs to know about Quern.
 */
public final class PassedVariables {
    /** Names, or prefixes of names followed by a star. */
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
     * @param more additional names, or prefixes of names followed by a star
     * @throws IllegalArgumentException if an entry is neither
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
     * Selects from the environment of this process.
     *
     * @param more additional names, or prefixes of names followed by a star
     * @throws IllegalArgumentException if an entry is neither
     */
    public static PassedVariables ofThisProcess(List<String> more) {
        return new PassedVariables(System.getenv(), more);
    }

    private static String checked(String name) {
        if (name.isEmpty()
                || name.indexOf('=') >= 0
                || name.indexOf('*') >= 0 && name.indexOf('*') < name.length() - 1) {
            throw new IllegalArgumentException("quern.worker.environment holds \"" + name
                    + "\", which is neither the name of a variable nor a prefix of names with a * at its end");
        }
        return name;
    }

    private static String pattern(String name) {
        return name.endsWith("*") ? Pattern.quote(name.substring(0, name.length() - 1)) + ".*" : Pattern.quote(name);
    }

    /** Returns the names of the engine's variables that its children get. */
    public Set<String> passed() {
        return engine.keySet().stream()
                .filter(name -> allowed.matcher(name).matches())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns the names of the variables that its children do not get. */
    public Set<String> unwanted() {
        return engine.keySet().stream()
                .filter(name -> !allowed.matcher(name).matches())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Returns the value of a passed variable. */
    public Optional<String> value(String name) {
        return Optional.ofNullable(engine.get(name)).filter(value -> passed().contains(name));
    }

    /** Returns all passed variables by name. */
    public Map<String, String> values() {
        Map<String, String> values = new TreeMap<>(engine);
        values.keySet().retainAll(passed());
        return values;
    }
}
