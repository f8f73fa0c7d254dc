package io.quern.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What was measured so far, or in the end.
 *
 * @param running requests that run at this moment
 * @param answered requests with a whole answer
 * @param errors how often each error occurred
 * @param promptTokens tokens of the prompts of all answered requests, as the service counts them
 * @param tokens tokens of all answers
 * @param toFirst time from a request to the first piece of its answer
 * @param between time between two pieces of an answer, which are single tokens with most services
 * @param whole time from a request to the end of its answer
 */
public record Report(
        Duration elapsed,
        int running,
        int answered,
        int failed,
        Map<String, Integer> errors,
        long promptTokens,
        long tokens,
        Percentiles toFirst,
        Percentiles between,
        Percentiles whole) {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    double seconds() {
        return elapsed.toNanos() / 1e9;
    }

    public double tokensPerSecond() {
        return seconds() <= 0 ? 0 : tokens / seconds();
    }

    /** Returns the report as a table that is at most 40 columns wide, and the errors below it. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(format("%-12s %8s %8s %8s", "milliseconds", "p50", "p90", "p99"));
        lines.add(row("first token", toFirst));
        lines.add(row("inter-token", between));
        lines.add(row("whole answer", whole));
        lines.add("");
        lines.add(format("%-12s %8.1f", "tokens/s", tokensPerSecond()));
        lines.add(format("%-12s %8d", "tokens", tokens));
        lines.add(format("%-12s %8d   running %d", "answered", answered, running));
        lines.add(format("%-12s %8d", "failed", failed));
        lines.add(format("%-12s %8.1f", "seconds", seconds()));
        errors.forEach((text, count) -> lines.add(count + " x " + text));
        return lines;
    }

    private static String row(String name, Percentiles times) {
        return format("%-12s %8.1f %8.1f %8.1f", name, times.p50(), times.p90(), times.p99());
    }

    private static String format(String text, Object... values) {
        return String.format(Locale.ROOT, text, values);
    }

    /** Returns the report as JSON. */
    public String json(URI url, LoadPlan plan) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("url", url.toString());
        json.put("model", plan.model());
        json.put("concurrency", plan.concurrency());
        json.put("maxTokens", plan.shape().maxTokens());
        json.put("seconds", seconds());
        json.put("answered", answered);
        json.put("failed", failed);
        json.put("promptTokens", promptTokens);
        json.put("tokens", tokens);
        json.put("tokensPerSecond", tokensPerSecond());
        json.put("requestsPerSecond", seconds() <= 0 ? 0 : answered / seconds());
        toFirst.writeTo(json.putObject("timeToFirstTokenMillis"));
        between.writeTo(json.putObject("interTokenMillis"));
        whole.writeTo(json.putObject("answerMillis"));
        ObjectNode counted = json.putObject("errors");
        errors.forEach(counted::put);
        return json.toPrettyString() + "\n";
    }
}
