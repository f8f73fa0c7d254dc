package io.quern.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What was asked for, and by which names. vLLM's variables are understood too, so that a deployment can be moved over: the first
 * name that is set wins.
 *
 * @param requested "auto" or the name of a method
 * @param source the name that asked for it; empty where nobody did
 * @param ignored other names that asked for something else, or for what is no method, each in a sentence
 * @param numaBinding whether workers are to be bound to NUMA nodes
 * @param devices the accelerators that workers are restricted to; empty if they may use all
 */
public record StartMethodConfig(
        String requested, String source, List<String> ignored, boolean numaBinding, List<String> devices) {
    static final String KEY = "quern.worker.start-method";
    static final String AUTO = "auto";
    private static final String VLLM_METHOD = "VLLM_WORKER_MULTIPROC_METHOD";
    private static final String VLLM_MULTIPROCESSING = "VLLM_ENABLE_V1_MULTIPROCESSING";

    /** Without a restriction to some accelerators. */
    public StartMethodConfig(String requested, String source, List<String> ignored, boolean numaBinding) {
        this(requested, source, ignored, numaBinding, List.of());
    }

    /**
     * Of the configuration and the environment of this process.
     *
     * @param configured {@code quern.worker.start-method}
     * @param devices {@code quern.worker.devices}
     * @throws IllegalArgumentException if the key's value is no method
     */
    public static StartMethodConfig of(
            Optional<String> configured, boolean numaBinding, Optional<List<String>> devices) {
        return of(configured, System.getenv(), numaBinding).withDevices(devices.orElse(List.of()));
    }

    public StartMethodConfig withDevices(List<String> only) {
        return new StartMethodConfig(requested, source, ignored, numaBinding, List.copyOf(only));
    }

    /**
     * As if one name alone asked.
     *
     * @throws IllegalArgumentException if the value is no method
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
                ignored.add(wish.name + " is \"" + wish.value + "\", which is no start method, and is ignored");
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

    /** Empty for auto. */
    Optional<StartMethod> method() {
        return StartMethod.named(requested);
    }

    private record Wish(String name, String value) {
        String method() {
            return value.strip().toLowerCase(Locale.ROOT);
        }

        /** @throws IllegalArgumentException if it is no method */
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
