package io.quern.device;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The environment variables that hide devices from programs. */
public final class VisibilityVariables {
    static final Set<String> NAMES = Set.of(
            "CUDA_DEVICE_ORDER",
            "CUDA_VISIBLE_DEVICES",
            "HABANA_VISIBLE_DEVICES",
            "HABANA_VISIBLE_MODULES",
            "HIP_VISIBLE_DEVICES",
            "NVIDIA_VISIBLE_DEVICES",
            "ONEAPI_DEVICE_SELECTOR",
            "ROCR_VISIBLE_DEVICES",
            "ZE_AFFINITY_MASK");

    private VisibilityVariables() {}

    /** Returns those that are set, including empty ones, in alphabetical order. */
    public static Map<String, String> in(Map<String, String> environment) {
        Map<String, String> set = new TreeMap<>(environment);
        set.keySet().retainAll(NAMES);
        return Collections.unmodifiableMap(set);
    }
}
