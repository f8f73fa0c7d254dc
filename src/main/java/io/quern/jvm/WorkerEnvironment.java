package io.quern.jvm;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The variables that a worker gets besides those that the engine passes to all its children. */
public final class WorkerEnvironment {
    /** Tells an engine that somebody starts within a worker that it must not: each would start further ones. */
    public static final String INSIDE = "QUERN_INSIDE_WORKER";

    /** What drivers take for the devices a process may use: NVIDIA's, AMD's, Intel's. */
    private static final List<String> VISIBILITY =
            List.of("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ZE_AFFINITY_MASK");

    private WorkerEnvironment() {}

    /**
     * @param worker its number in the pool
     * @param threads that it computes with
     * @param only the devices it may use, with + between several; empty: all
     */
    public static Map<String, String> added(int worker, int threads, Optional<String> only) {
        Map<String, String> added = new TreeMap<>();
        added.put(INSIDE, Integer.toString(worker));
        // a llama.cpp of one's own may be built with OpenMP
        added.put("OMP_NUM_THREADS", Integer.toString(threads));
        only.map(devices -> devices.replace('+', ','))
                .ifPresent(devices -> VISIBILITY.forEach(name -> added.put(name, devices)));
        return added;
    }
}
