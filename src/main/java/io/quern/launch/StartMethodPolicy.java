package io.quern.launch;

import io.quern.device.HostFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Chooses the start method: a pure function of configuration and host facts. So far only spawn is built; what else is asked
 * for falls to it, with a warning.
 */
public final class StartMethodPolicy {
    private static final String NOT_BUILT = "not part of this version yet";

    private StartMethodPolicy() {}

    /**
     * @param requested "auto" or the name of a method
     * @throws IllegalArgumentException if it is neither
     */
    public static Decision decide(String requested, HostFacts host) {
        String wanted = requested.strip().toLowerCase(Locale.ROOT);
        List<Decision.Rule> rules = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        if (wanted.equals("auto")) {
            rules.add(new Decision.Rule("auto-spawn", "nothing was asked for; spawn works everywhere"));
        } else if (method(wanted) == StartMethod.SPAWN) {
            rules.add(new Decision.Rule("explicit", "quern.worker.start-method asks for spawn"));
        } else {
            rules.add(
                    new Decision.Rule("not-built", "quern.worker.start-method asks for " + wanted + ": " + NOT_BUILT));
            warnings.add("start method " + wanted + " is " + NOT_BUILT + "; workers are spawned instead");
        }
        List<Decision.Rejection> rejected = new ArrayList<>();
        for (StartMethod other : StartMethod.values()) {
            if (other != StartMethod.SPAWN) {
                rejected.add(new Decision.Rejection(other, NOT_BUILT));
            }
        }
        return new Decision(
                StartMethod.SPAWN, wanted, facts(host), List.copyOf(rules), rejected, List.copyOf(warnings));
    }

    private static StartMethod method(String name) {
        for (StartMethod method : StartMethod.values()) {
            if (method.toString().equals(name)) {
                return method;
            }
        }
        throw new IllegalArgumentException(
                "quern.worker.start-method is \"" + name + "\"; it must be auto, spawn, fork, forkserver or inline");
    }

    private static Map<String, String> facts(HostFacts host) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("os", host.os());
        facts.put("arch", host.arch());
        facts.put("cores", Integer.toString(host.cores()));
        facts.put("memory-bytes", Long.toString(host.maxMemoryBytes()));
        return facts;
    }
}
