package io.quern.launch;

import java.util.List;
import java.util.Map;

/**
 * Which start method was chosen, from what, and why; also the body of GET /q/quern/decision.
 *
 * @param method what workers are started by
 * @param requested what the configuration asked for ("auto" by default)
 * @param facts the inputs that were looked at, by name
 * @param rules the rules that fired, in order
 * @param rejected the other methods, each with the reason it was not taken
 * @param warnings what the operator should know
 */
public record Decision(
        StartMethod method,
        String requested,
        Map<String, String> facts,
        List<Rule> rules,
        List<Rejection> rejected,
        List<String> warnings) {

    public record Rule(String id, String message) {}

    public record Rejection(StartMethod method, String reason) {}
}
