package io.quern.launch;

import io.quern.device.HostFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Chooses the start method: a pure function of the configuration, the host and whether this build has the native launcher. What
 * is asked for wins unless it cannot be; then workers are spawned, which works everywhere, and a warning says why.
 */
public final class StartMethodPolicy {
    private static final String KEY = "quern.worker.start-method";

    private StartMethodPolicy() {}

    /**
     * @param requested "auto" or the name of a method
     * @param launcher whether this build carries the native launcher for this platform
     * @throws IllegalArgumentException if {@code requested} is neither
     */
    public static Decision decide(String requested, HostFacts host, boolean launcher) {
        String wanted = requested.strip().toLowerCase(Locale.ROOT);
        Map<StartMethod, String> impossible = impossible(host, launcher);
        return wanted.equals("auto")
                ? automatic(wanted, host, launcher, impossible)
                : explicit(method(wanted), wanted, host, launcher, impossible);
    }

    private static Decision automatic(
            String wanted, HostFacts host, boolean launcher, Map<StartMethod, String> impossible) {
        Optional<String> unavailable = Optional.ofNullable(impossible.get(StartMethod.FORKSERVER));
        boolean devices = !host.acceleratorNodes().isEmpty();
        if (unavailable.isEmpty() && !devices) {
            Decision.Rule rule = new Decision.Rule(
                    "auto-forkserver",
                    "the launcher is there and there is no accelerator: workers are forked with the model loaded, which is"
                            + " faster and shares its memory");
            impossible.put(StartMethod.SPAWN, "slower, and every worker would load the model for itself");
            return decision(StartMethod.FORKSERVER, wanted, host, launcher, rule, impossible, List.of());
        }
        Decision.Rule rule = unavailable
                .map(why -> new Decision.Rule("auto-no-forkserver", "forkserver is not on offer: " + why))
                .orElseGet(() -> new Decision.Rule(
                        "auto-accelerator",
                        "there is an accelerator (" + host.acceleratorNodes().getFirst()
                                + "): its memory is not shared by forking, and spawn is the most compatible"));
        impossible.putIfAbsent(StartMethod.FORKSERVER, "it wins nothing with an accelerator; it can be asked for");
        return decision(StartMethod.SPAWN, wanted, host, launcher, rule, impossible, List.of());
    }

    private static Decision explicit(
            StartMethod method, String wanted, HostFacts host, boolean launcher, Map<StartMethod, String> impossible) {
        String why = impossible.get(method);
        if (why == null) {
            Decision.Rule rule = new Decision.Rule("explicit", KEY + " asks for " + wanted);
            for (StartMethod other : StartMethod.values()) {
                impossible.putIfAbsent(other, "not what was asked for");
            }
            impossible.remove(method);
            return decision(method, wanted, host, launcher, rule, impossible, List.of());
        }
        impossible.putIfAbsent(StartMethod.FORKSERVER, "spawn is the safe way out where what was asked for cannot be");
        return decision(
                StartMethod.SPAWN,
                wanted,
                host,
                launcher,
                new Decision.Rule("impossible", KEY + " asks for " + wanted + ": " + why),
                impossible,
                List.of("start method " + wanted + " is not possible: " + why
                        + "; workers are spawned instead (docs/troubleshooting/start-methods.md)"));
    }

    /** By method that cannot be used here, why. Spawn always can. */
    private static Map<StartMethod, String> impossible(HostFacts host, boolean launcher) {
        Map<StartMethod, String> impossible = new LinkedHashMap<>();
        if (!host.os().equals("linux")) {
            impossible.put(
                    StartMethod.FORKSERVER, "forking with a model loaded is for Linux alone, this is " + host.os());
        } else if (!launcher) {
            impossible.put(
                    StartMethod.FORKSERVER,
                    "this build has no native launcher: there was no C compiler where it was made");
        }
        impossible.put(StartMethod.FORK, "not part of this version yet");
        impossible.put(StartMethod.INLINE, "not part of this version yet");
        return impossible;
    }

    private static Decision decision(
            StartMethod method,
            String wanted,
            HostFacts host,
            boolean launcher,
            Decision.Rule rule,
            Map<StartMethod, String> others,
            List<String> warnings) {
        List<Decision.Rejection> rejected = new ArrayList<>();
        for (StartMethod other : StartMethod.values()) {
            if (other != method) {
                rejected.add(new Decision.Rejection(other, others.get(other)));
            }
        }
        return new Decision(method, wanted, facts(host, launcher), List.of(rule), rejected, warnings, List.of());
    }

    private static StartMethod method(String name) {
        for (StartMethod method : StartMethod.values()) {
            if (method.toString().equals(name)) {
                return method;
            }
        }
        throw new IllegalArgumentException(
                KEY + " is \"" + name + "\"; it must be auto, spawn, fork, forkserver or inline");
    }

    private static Map<String, String> facts(HostFacts host, boolean launcher) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("os", host.os());
        facts.put("arch", host.arch());
        facts.put("cores", Integer.toString(host.cores()));
        facts.put("memory-bytes", Long.toString(host.maxMemoryBytes()));
        facts.put("accelerator-nodes", String.join(" ", host.acceleratorNodes()));
        facts.put("launcher", Boolean.toString(launcher));
        return facts;
    }
}
