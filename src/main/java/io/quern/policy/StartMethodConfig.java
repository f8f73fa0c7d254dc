package io.quern.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The requested start method and the setting that requests it. vLLM's variables count too, so that deployments of vLLM
 * can be moved to Quern. The first setting that is present wins.
 *
 * @param requested "auto" or the name of a method
 * @param source the key or variable that requests the method, or empty if none does
 * @param ignored one sentence for each setting that was ignored, since it lost or names an unknown method
 * @param numaBinding whether to bind workers to NUMA nodes
 * @param devices the accelerators that workers may use, or empty if they may use all
 * @param models the number of models of the engine
 */
public record StartMethodConfig(
        String requested, String source, List<String> ignored, boolean numaBinding, List<String> devices, int models) {
    static final String KEY = "quern.worker.start-method";
    static final String AUTO = "auto";
    private static final String VLLM_METHOD = "VLLM_WORKER_MULTIPROC_METHOD";
    private static final String VLLM_MULTIPROCESSING = "VLLM_ENABLE_V1_MULTIPROCESSING";

    /** Creates a configuration in which workers may use all accelerators. */
    public StartMethodConfig(String requested, String source, List<String> ignored, boolean numaBinding) {
        this(requested, source, ignored, numaBinding, List.of());
    }

    /** Creates a configuration for an engine with one model. */
    public StartMethodConfig(
            String requested, String source, List<String> ignored, boolean numaBinding, List<String> devices) {
        this(requested, source, ignored, numaBinding, devices, 1);
    }

    /**
     * Reads the configuration and the environment of this process.
     *
     * @param configured {@code quern.worker.start-method}
     * @param devices {@code quern.worker.devices}
     * @throws IllegalArgumentException if the key's value is not a start method
     */
    public static StartMethodConfig of(
            Optional<String> configured, boolean numaBinding, Optional<List<String>> devices) {
        return of(configured, System.getenv(), numaBinding).withDevices(devices.orElse(List.of()));
    }

    public StartMethodConfig withDevices(List<String> only) {
        return new StartMethodConfig(requested, source, ignored, numaBinding, List.copyOf(only), models);
    }

    /** Returns the same configuration for an engine with this number of models. */
    public StartMethodConfig withModels(int number) {
        return new StartMethodConfig(requested, source, ignored, numaBinding, devices, number);
    }

    /**
     * Creates a configuration as if only one setting were present.
     *
     * @throws IllegalArgumentException if the value is not a start method
     */
    public static StartMethodConfig asked(String source, String value, boolean numaBinding) {
        Wish wish = new Wish(source, value);
        wish.check();
        return new StartMethodConfig(wish.method(), source, List.of(), numaBinding);
    }

    static StartMethodConfig of(Optional<String> configured, Map<String, String> environment, boolean numaBinding) {
        List<Wish> wishes = new ArrayList<>();
        configured.ifPresent(value -> wishes.add(new Wish(KEY, value)));
        Optional.ofNullable(environment.get(VLLM_METHOD)).ifPresent(value -> wishes.add(new Wish(VLLM_METHOD, value)));
        Optional.ofNullable(environment.get(VLLM_MULTIPROCESSING))
                .filter(value -> value.strip().equals("0"))
                .ifPresent(value -> wishes.add(new Wish(VLLM_MULTIPROCESSING + "=0", StartMethod.INLINE.toString())));
        List<String> ignored = new ArrayList<>();
        Wish first = null;
        for (Wish wish : wishes) {
            if (!wish.sensible()) {
                if (wish.name.equals(KEY)) {
                    wish.check();
                }
                ignored.add(wish.name + " is \"" + wish.value + "\" and is ignored, since that is not a start method");
            } else if (first == null) {
                first = wish;
            } else if (!wish.method().equals(first.method())) {
                ignored.add(wish.name + " asks for " + wish.method() + ", but " + first.name + " asks for "
                        + first.method() + " and wins");
            }
        }
        return first == null
                ? new StartMethodConfig(AUTO, "", ignored, numaBinding)
                : new StartMethodConfig(first.method(), first.name, ignored, numaBinding);
    }

    /** The requested method, or empty for auto. */
    Optional<StartMethod> method() {
        return StartMethod.named(requested);
    }

    private record Wish(String name, String value) {
        String method() {
            return value.strip().toLowerCase(Locale.ROOT);
        }

        /** @throws IllegalArgumentException if it is not a start method */
        void check() {
            if (!sensible()) {
                throw new IllegalArgumentException(
                        name + " is \"" + value + "\"; it must be auto, spawn, fork, forkserver or inline");
            }
        }

        boolean sensible() {
            return method().equals(AUTO) || StartMethod.named(method()).isPresent();
        }
    }
}
