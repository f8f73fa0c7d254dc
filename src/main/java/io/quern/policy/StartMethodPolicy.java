package io.quern.policy;

import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Chooses the start method; a pure function. The requested method wins unless it is unsafe or unavailable. Then the
 * policy takes the next safe one and warns: the warning says what was found, what the engine does instead, and where
 * the docs explain it. Spawn is always possible. {@link PolicyRule} holds the rules.
 */
public final class StartMethodPolicy {
    private StartMethodPolicy() {}

    /** @throws IllegalStateException if the engine must not boot */
    public static Decision decide(
            StartMethodConfig config, HostFacts host, DeviceReport devices, ProcessFacts process) {
        PolicyInputs in = new PolicyInputs(config, host, devices, process);
        for (PolicyRule rule : PolicyRule.REFUSING) {
            if (rule.applies().test(in)) {
                throw new IllegalStateException(rule.message().apply(in) + " (" + rule.link() + ")");
            }
        }
        Map<StartMethod, PolicyRule> ruledOut = ruledOut(in);
        List<Decision.Rule> fired = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        StartMethod method = choose(in, ruledOut, fired, warnings);
        for (PolicyRule rule : PolicyRule.WARNING) {
            if (rule.applies().test(in)
                    && (rule.methods().isEmpty() || rule.methods().contains(method))) {
                fired.add(rule.fired(in));
                warnings.add(rule.message().apply(in) + " (" + rule.link() + ")");
            }
        }
        return new Decision(
                method,
                config.requested(),
                in.facts(),
                List.copyOf(fired),
                rejected(in, method, ruledOut),
                List.copyOf(warnings),
                List.of());
    }

    private static StartMethod choose(
            PolicyInputs in, Map<StartMethod, PolicyRule> ruledOut, List<Decision.Rule> fired, List<String> warnings) {
        Optional<StartMethod> asked = in.config().method();
        if (asked.isPresent() && ruledOut.containsKey(asked.get())) {
            PolicyRule against = ruledOut.get(asked.get());
            StartMethod instead = nextSafe(asked.get(), ruledOut);
            fired.add(against.fired(in));
            warnings.add("start method " + asked.get() + " is not possible: "
                    + against.message().apply(in) + "; the engine starts workers by " + instead + " instead ("
                    + against.link()
                    + ")");
            return instead;
        }
        for (PolicyRule rule : PolicyRule.CHOOSING) {
            StartMethod chosen = asked.orElse(rule.methods().iterator().next());
            if (rule.applies().test(in) && !ruledOut.containsKey(chosen)) {
                // also report why the better method was ruled out
                if (rule == PolicyRule.LAST_RESORT) {
                    fired.add(Objects.requireNonNull(ruledOut.get(StartMethod.FORKSERVER))
                            .fired(in));
                }
                fired.add(rule.fired(in));
                return chosen;
            }
        }
        throw new IllegalStateException("spawn is never ruled out");
    }

    /** Fork becomes forkserver if that is safe, since it shares as much memory. Everything else becomes spawn. */
    private static StartMethod nextSafe(StartMethod asked, Map<StartMethod, PolicyRule> ruledOut) {
        return asked == StartMethod.FORK && !ruledOut.containsKey(StartMethod.FORKSERVER)
                ? StartMethod.FORKSERVER
                : StartMethod.SPAWN;
    }

    private static Map<StartMethod, PolicyRule> ruledOut(PolicyInputs in) {
        Map<StartMethod, PolicyRule> ruledOut = new EnumMap<>(StartMethod.class);
        for (PolicyRule rule : PolicyRule.RULING_OUT) {
            if (rule.applies().test(in)) {
                rule.methods().forEach(method -> ruledOut.putIfAbsent(method, rule));
            }
        }
        return ruledOut;
    }

    private static List<Decision.Rejection> rejected(
            PolicyInputs in, StartMethod method, Map<StartMethod, PolicyRule> ruledOut) {
        List<Decision.Rejection> rejected = new ArrayList<>();
        for (StartMethod other : StartMethod.values()) {
            if (other != method) {
                PolicyRule rule = ruledOut.get(other);
                rejected.add(new Decision.Rejection(
                        other,
                        rule == null ? notTaken(in, other) : rule.message().apply(in)));
            }
        }
        return List.copyOf(rejected);
    }

    private static String notTaken(PolicyInputs in, StartMethod other) {
        if (in.config().method().isPresent()) {
            return "another method was requested";
        }
        return switch (other) {
            case SPAWN -> "slower: every worker would load its own copy of the model";
            case FORKSERVER -> "no advantage with an accelerator; used only on request";
            case FORK -> "used only on request: the process that must never die would hold the weights";
            case INLINE -> "used only on request: a crash of the worker would end the engine too";
        };
    }
}
