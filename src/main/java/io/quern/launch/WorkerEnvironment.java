package io.quern.launch;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The environment of workers: the engine's, which drivers and the C library read, without what concerns the engine. All that a
 * worker needs to know of Quern stands in its arguments, so what it does depends on nothing inherited.
 */
final class WorkerEnvironment {
    /** Tells an engine that somebody starts within a worker that it must not: each would start further ones. */
    static final String INSIDE = "QUERN_INSIDE_WORKER";

    /**
     * Options of the engine's JVM: a debugger's port would be taken, an agent of the application's would find none of its
     * classes. And the engine's own configuration, in which there may be secrets.
     */
    private static final Pattern UNWANTED = Pattern.compile(
            "JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|CLASSPATH|(QUERN|QUARKUS|VLLM)_.*", Pattern.DOTALL);

    /** What drivers take for the devices a process may use: NVIDIA's, AMD's, Intel's. */
    private static final List<String> VISIBILITY =
            List.of("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ZE_AFFINITY_MASK");

    private WorkerEnvironment() {}

    /** The names of this process's variables that do not go to its children. */
    static Set<String> unwanted() {
        return System.getenv().keySet().stream()
                .filter(name -> UNWANTED.matcher(name).matches())
                .collect(Collectors.toUnmodifiableSet());
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
    static Map<String, String> of(WorkerSpec spec) {
        Map<String, String> all = new TreeMap<>(System.getenv());
        all.keySet().removeAll(unwanted());
        all.putAll(added(spec));
        return all;
    }
}
