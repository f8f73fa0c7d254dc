package io.quern.faults;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An answer, as its client sees it. One thread reads and fills it, then hands it over. */
public final class StreamedAnswer {
    private static final int ERROR_LENGTH = 200;

    final String id;
    private final Runnable onChunk;
    /** The text of the first choice. */
    public final StringBuilder text = new StringBuilder();

    /**
     * The texts of the other choices, and the log probabilities, the reasoning, the calls and the end of each, by their
     * names.
     */
    private final Map<String, StringBuilder> others = new TreeMap<>();

    /** The ids of calls. The engine draws new ones for each answer, so they are not compared. */
    private final List<String> callIds = new ArrayList<>();

    public final long sentAt = System.nanoTime();

    /** The {@link System#nanoTime} of each chunk with text. */
    public final List<Long> chunks = new ArrayList<>();

    public int status;
    String retryAfter;
    String shouldRetry;
    public String error;
    public boolean done;
    int promptTokens;
    public int completionTokens;
    int reasoningTokens;

    /**
     * Creates an answer that has just been requested.
     *
     * @param onChunk runs at each chunk with text
     */
    StreamedAnswer(String id, Runnable onChunk) {
        this.id = id;
        this.onChunk = onChunk;
    }

    void chunk(int choice, String delta) {
        if (!delta.isEmpty()) {
            add(choice == 0 ? text : other("text of choice " + choice), delta);
        }
    }

    void reasoning(int choice, String delta) {
        if (!delta.isEmpty()) {
            add(other("reasoning of choice " + choice), delta);
        }
    }

    /** A call begins. */
    void call(int choice, int number, String id, String name) {
        callIds.add(id);
        add(other("calls of choice " + choice), number + " " + name + " ");
    }

    /** Adds to the arguments of a call. */
    void arguments(int choice, int number, String delta) {
        if (!delta.isEmpty()) {
            add(other("arguments of call " + number + " of choice " + choice), delta);
        }
    }

    private void add(StringBuilder to, String delta) {
        chunks.add(System.nanoTime());
        to.append(delta);
        onChunk.run();
    }

    /** Returns whether the answer has one of these parts, such as the reasoning of choice 0. */
    boolean has(String part) {
        return others.containsKey(part);
    }

    /** Adds the log probability of the next token, or the reason for the end. */
    void logprob(int choice, String json) {
        other("tokens of choice " + choice).append(json).append(' ');
    }

    private StringBuilder other(String name) {
        return others.computeIfAbsent(name, missing -> new StringBuilder());
    }

    public double firstTextMillis() {
        return (chunks.getFirst() - sentAt) / 1e6;
    }

    /** Returns the longest wait in milliseconds for a chunk that came after that time, or 0. */
    public double longestPauseMillis(long after) {
        long longest = 0;
        for (int i = 1; i < chunks.size(); i++) {
            if (chunks.get(i) > after) {
                longest = Math.max(longest, chunks.get(i) - chunks.get(i - 1));
            }
        }
        return longest / 1e6;
    }

    /** Returns whether the stream ended normally. */
    public boolean isComplete() {
        return error == null && status == 200 && done;
    }

    /** Describes the first difference to the undisturbed answer; null if there is none. */
    String difference(StreamedAnswer undisturbed) {
        if (!isComplete()) {
            return "%s: expected a complete stream, saw status %d, %d chunks of text, %s, error %s"
                    .formatted(id, status, chunks.size(), done ? "[DONE]" : "no [DONE]", shortError());
        }
        if (promptTokens != undisturbed.promptTokens || completionTokens != undisturbed.completionTokens) {
            return "%s: expected a usage of %d + %d tokens, saw %d + %d"
                    .formatted(
                            id, undisturbed.promptTokens, undisturbed.completionTokens, promptTokens, completionTokens);
        }
        if (reasoningTokens != undisturbed.reasoningTokens) {
            return "%s: expected %d tokens of reasoning, saw %d"
                    .formatted(id, undisturbed.reasoningTokens, reasoningTokens);
        }
        if (new HashSet<>(callIds).size() < callIds.size() || callIds.contains("")) {
            return "%s: expected an id of its own for each call, saw %s".formatted(id, callIds);
        }
        if (text.compareTo(undisturbed.text) != 0) {
            return difference("text", text, undisturbed.text);
        }
        if (!others.keySet().equals(undisturbed.others.keySet())) {
            return "%s: expected %s, saw %s".formatted(id, undisturbed.others.keySet(), others.keySet());
        }
        for (Map.Entry<String, StringBuilder> other : others.entrySet()) {
            StringBuilder expected = undisturbed.others.get(other.getKey());
            if (other.getValue().compareTo(expected) != 0) {
                return difference(other.getKey(), other.getValue(), expected);
            }
        }
        return null;
    }

    private String difference(String what, CharSequence seen, CharSequence expected) {
        int at = 0;
        while (at < Math.min(seen.length(), expected.length()) && seen.charAt(at) == expected.charAt(at)) {
            at++;
        }
        return "%s: expected %s '%s' at character %d, saw '%s'"
                .formatted(id, what, excerpt(expected, at), at, excerpt(seen, at));
    }

    /** Returns the beginning of the error, or null. */
    public String shortError() {
        return error == null ? null : error.substring(0, Math.min(error.length(), ERROR_LENGTH));
    }

    private static String excerpt(CharSequence text, int from) {
        return text.subSequence(from, Math.min(text.length(), from + 30)).toString();
    }
}
