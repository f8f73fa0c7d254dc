package io.quern.worker;

import java.util.List;

/**
 * Converts the bytes of tokens to the text for a client: complete characters, without a stop string and anything after
 * it. It holds back characters that may begin a stop string until they cannot. Pure; the result does not depend on how
 * the bytes are split.
 */
final class TextAssembler {
    private final Utf8Assembler characters = new Utf8Assembler();
    private final List<StopString> stops;
    private final boolean includeStop;
    private final StringBuilder held = new StringBuilder();
    private String stop;

    TextAssembler(List<String> stops) {
        this(stops, false);
    }

    /** @param includeStop whether the text ends after the stop string, and not before it */
    TextAssembler(List<String> stops, boolean includeStop) {
        this.includeStop = includeStop;
        this.stops = stops.stream().map(StopString::new).toList();
    }

    /** Adds bytes and returns the text that can be delivered. */
    String add(byte[] bytes) {
        return deliver(characters.add(bytes));
    }

    /** Adds bytes in which no stop string counts, before any others. Returns the text that can be delivered. */
    String addFree(byte[] bytes) {
        return characters.add(bytes);
    }

    /** Returns the text that is still held back. No bytes may follow. */
    String finish() {
        String text = deliver(characters.finish());
        if (stop != null) {
            return text;
        }
        String rest = text + held;
        held.setLength(0);
        return rest;
    }

    /** Returns the stop string that was found, or null. */
    String stop() {
        return stop;
    }

    private String deliver(String more) {
        if (stop != null) {
            return "";
        }
        if (stops.isEmpty()) {
            return more;
        }
        int undecided = 0;
        for (int i = 0; i < more.length(); i++) {
            char next = more.charAt(i);
            held.append(next);
            undecided = 0;
            for (StopString candidate : stops) {
                // of two that end here, the longer one began earlier, so it counts
                if (candidate.complete(next) && (stop == null || candidate.matched() > stop.length())) {
                    stop = candidate.toString();
                }
                undecided = Math.max(undecided, candidate.matched());
            }
            if (stop != null) {
                return take(includeStop ? held.length() : held.length() - stop.length());
            }
        }
        return more.isEmpty() ? "" : take(held.length() - undecided);
    }

    private String take(int length) {
        String text = held.substring(0, length);
        held.delete(0, length);
        return text;
    }
}
