package io.quern.jvm;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Provides the variables that a worker gets in addition to those of all children. */
public final class WorkerEnvironment {
    /**
     * Marks processes inside a worker, so that an engine refuses to start there. Otherwise workers would start engines,
     * which would start workers, endlessly.
     */
    public static final String INSIDE = "QUERN_INSIDE_WORKER";

    /** The variables by which NVIDIA's, AMD's and Intel's drivers restrict the devices of a process. */
    private static final List<String> VISIBILITY =
            List.of("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ZE_AFFINITY_MASK");

    private WorkerEnvironment() {}

    /**
     * @param worker its id in the pool
     * @param threads number of inference threads
     * @param only the devices it may use, joined by +, or empty for all
     */
    public static Map<String, String> added(int worker, int threads, Optional<String> only) {
        Map<String, String> added = new TreeMap<>();
        added.put(INSIDE, Integer.toString(worker));
        // another build of llama.cpp may use OpenMP
        added.put("OMP_NUM_THREADS", Integer.toString(threads));
        only.map(devices -> devices.replace('+', ','))
                .ifPresent(devices -> VISIBILITY.forEach(name -> added.put(name, devices)));
        return added;
    }
}
