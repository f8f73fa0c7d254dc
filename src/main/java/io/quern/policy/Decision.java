package io.quern.policy;

import io.quern.topology.Topology;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Records which start method was chosen, from which inputs, and why. It is also the body of GET /q/quern/decision.
 *
 * @param method the start method in use
 * @param requested the method that the configuration asks for ("auto" by default)
 * @param facts the inputs of the policy, by name
 * @param rules the rules that fired, in order
 * @param rejected the other methods, each with the reason against it
 * @param warnings messages for the operator
 * @param revisions later changes of the method, oldest first
 * @param topology how many workers there are, with how many threads and slots, and why; null if it was not chosen
 */
@Schema(name = "Decision")
public record Decision(
        StartMethod method,
        String requested,
        Map<String, String> facts,
        List<Rule> rules,
        List<Rejection> rejected,
        List<String> warnings,
        List<Revision> revisions,
        @Nullable Topology topology) {

    /** Creates a decision that says nothing about the number of workers. */
    public Decision(
            StartMethod method,
            String requested,
            Map<String, String> facts,
            List<Rule> rules,
            List<Rejection> rejected,
            List<String> warnings,
            List<Revision> revisions) {
        this(method, requested, facts, rules, rejected, warnings, revisions, null);
    }

    /** @param page a link to the docs, or empty if there is none */
    public record Rule(String id, String message, String page) {}

    public record Rejection(StartMethod method, String reason) {}

    /** @param from the method in use before */
    public record Revision(Instant at, StartMethod from, StartMethod to, String cause) {}

    /** Returns this decision with a topology. */
    public Decision with(Topology chosen) {
        return new Decision(method, requested, facts, rules, rejected, warnings, revisions, chosen);
    }

    /** Returns this decision with another method, which a later event required. */
    public Decision revised(Instant at, StartMethod to, String cause) {
        List<Revision> all = new ArrayList<>(revisions);
        all.add(new Revision(at, method, to, cause));
        List<Rejection> others = new ArrayList<>(rejected);
        others.removeIf(rejection -> rejection.method() == to);
        others.add(new Rejection(method, cause));
        return new Decision(to, requested, facts, rules, List.copyOf(others), warnings, List.copyOf(all), topology);
    }
}
