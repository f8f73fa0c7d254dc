package io.quern.launch;

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
 * The environment of the engine's children: of the engine's variables, those that the C library, drivers and llama.cpp read. The rest may hold
 * secrets of the application. All that a worker needs to know of Quern stands in its arguments.
 */
final class WorkerEnvironment {
    /** Tells an engine that somebody starts within a worker that it must not: each would start further ones. */
    static final String INSIDE = "QUERN_INSIDE_WORKER";

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

    /** What drivers take for the devices a process may use: NVIDIA's, AMD's, Intel's. */
    private static final List<String> VISIBILITY =
            List.of("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ZE_AFFINITY_MASK");

    private final Map<String, String> engine;
    private final Pattern allowed;

    /**
     * @param engine the engine's own environment
     * @param more names, or beginnings of names before a star, that are passed too
     * @throws IllegalArgumentException for what is neither
     */
    WorkerEnvironment(Map<String, String> engine, List<String> more) {
        this.engine = engine;
        this.allowed = Pattern.compile(
                Stream.concat(ALLOWED.stream(), more.stream().map(WorkerEnvironment::checked))
                        .map(WorkerEnvironment::pattern)
                        .collect(Collectors.joining("|")),
                Pattern.DOTALL);
    }

    static WorkerEnvironment of(WorkerConfig config) {
        return new WorkerEnvironment(System.getenv(), config.environment().orElse(List.of()));
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
    Set<String> passed() {
        return engine.keySet().stream()
                .filter(name -> allowed.matcher(name).matches())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The names of those that do not. */
    Set<String> unwanted() {
        return engine.keySet().stream()
                .filter(name -> !allowed.matcher(name).matches())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** One of those that are passed. */
    Optional<String> value(String name) {
        return Optional.ofNullable(engine.get(name)).filter(value -> passed().contains(name));
    }

    /** What a worker gets besides. */
    static Map<String, String> added(WorkerSpec spec) {
        Map<String, String> added = new TreeMap<>();
        added.put(INSIDE, Integer.toString(spec.id()));
        // a llama.cpp of one's own may be built with OpenMP
        added.put("OMP_NUM_THREADS", Integer.toString(spec.threads()));
        spec.devices()
                .map(devices -> devices.replace('+', ','))
                .ifPresent(devices -> VISIBILITY.forEach(name -> added.put(name, devices)));
        return added;
    }

    /** All of it. */
    Map<String, String> all(WorkerSpec spec) {
        Map<String, String> all = new TreeMap<>(engine);
        all.keySet().retainAll(passed());
        all.putAll(added(spec));
        return all;
    }
}
