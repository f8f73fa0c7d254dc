package io.quern.faults;

import java.util.ArrayList;
import java.util.List;

/** One answer as its client has seen it. Written by the thread that reads it, then handed over. */
public final class StreamedAnswer {
    private static final int ERROR_LENGTH = 200;

    final String id;
    private final Runnable heard;
    public final StringBuilder text = new StringBuilder();
    public final long asked = System.nanoTime();

    /** When each chunk with text came. */
    public final List<Long> chunks = new ArrayList<>();

    public int status;
    String retryAfter;
    String shouldRetry;
    public String error;
    public boolean done;
    int promptTokens;
    public int completionTokens;

    /** @param heard told of each chunk with text, as it comes */
    StreamedAnswer(String id, Runnable heard) {
        this.id = id;
        this.heard = heard;
    }

    void chunk(String delta) {
        chunks.add(System.nanoTime());
        text.append(delta);
        heard.run();
    }

    public double firstTextMillis() {
        return (chunks.getFirst() - asked) / 1e6;
    }

    /** The longest wait for a chunk that ended after that moment, or 0. */
    public double longestPauseMillis(long after) {
        long longest = 0;
        for (int i = 1; i < chunks.size(); i++) {
            if (chunks.get(i) > after) {
                longest = Math.max(longest, chunks.get(i) - chunks.get(i - 1));
            }
        }
        return longest / 1e6;
    }

    /** Whether the stream came to its own end. */
    public boolean whole() {
        return error == null && status == 200 && done;
    }

    /** What is not as in the undisturbed answer, or null. */
    String difference(StreamedAnswer undisturbed) {
        if (!whole()) {
            return "%s: expected a whole stream, saw status %d, %d tokens of text, %s, error %s"
                    .formatted(id, status, chunks.size(), done ? "[DONE]" : "no [DONE]", shortError());
        }
        if (promptTokens != undisturbed.promptTokens || completionTokens != undisturbed.completionTokens) {
            return "%s: expected usage %d + %d, saw %d + %d"
                    .formatted(
                            id, undisturbed.promptTokens, undisturbed.completionTokens, promptTokens, completionTokens);
        }
        if (text.compareTo(undisturbed.text) != 0) {
            int at = 0;
            while (at < Math.min(text.length(), undisturbed.text.length())
                    && text.charAt(at) == undisturbed.text.charAt(at)) {
                at++;
            }
            return "%s: expected '%s' at character %d, saw '%s'"
                    .formatted(id, excerpt(undisturbed.text, at), at, excerpt(text, at));
        }
        return null;
    }

    /** The beginning of the error, or null. */
    public String shortError() {
        return error == null ? null : error.substring(0, Math.min(error.length(), ERROR_LENGTH));
    }

    private static String excerpt(CharSequence text, int from) {
        return text.subSequence(from, Math.min(text.length(), from + 30)).toString();
    }
}
