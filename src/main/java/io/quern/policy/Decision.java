package io.quern.policy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * Which start method was chosen, from what, and why; also the body of GET /q/quern/decision.
 *
 * @param method what workers are started by
 * @param requested what the configuration asked for ("auto" by default)
 * @param facts the inputs that were looked at, by name
 * @param rules the rules that fired, in order
 * @param rejected the other methods, each with the reason it was not taken
 * @param warnings what the operator should know
 * @param revisions what was found out later and changed the method, oldest first
 */
@Schema(name = "Decision")
public record Decision(
        StartMethod method,
        String requested,
        Map<String, String> facts,
        List<Rule> rules,
        List<Rejection> rejected,
        List<String> warnings,
        List<Revision> revisions) {

    /** @param page where more is said; empty where there is no more to say */
    public record Rule(String id, String message, String page) {}

    public record Rejection(StartMethod method, String reason) {}

    /** @param from the method that was given up */
    public record Revision(Instant at, StartMethod from, StartMethod to, String cause) {}

    /** This decision with another method, because of something that was found later. */
    public Decision revised(Instant at, StartMethod to, String cause) {
        List<Revision> all = new ArrayList<>(revisions);
        all.add(new Revision(at, method, to, cause));
        List<Rejection> others = new ArrayList<>(rejected);
        others.removeIf(rejection -> rejection.method() == to);
        others.add(new Rejection(method, cause));
        return new Decision(to, requested, facts, rules, List.copyOf(others), warnings, List.copyOf(all));
    }
}
