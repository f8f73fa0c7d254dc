package io.quern.worker;

import java.util.List;

/**
 * Turns the bytes of tokens into the text a client gets: whole characters, nothing of a stop string nor of anything behind
 * it. Characters that may begin a stop string are held back until that is disproved. Pure; the result does not depend on how
 * the bytes are cut.
 */
final class TextAssembler {
    private final Utf8Assembler characters = new Utf8Assembler();
    private final List<StopString> stops;
    private final StringBuilder held = new StringBuilder();
    private String stop;

    TextAssembler(List<String> stops) {
        this.stops = stops.stream().map(StopString::new).toList();
    }

    /** The text that can be delivered now that these bytes have come. */
    String add(byte[] bytes) {
        return deliver(characters.add(bytes));
    }

    /** The text that is still held back, when no more bytes come. */
    String finish() {
        String text = deliver(characters.finish());
        if (stop != null) {
            return text;
        }
        String rest = text + held;
        held.setLength(0);
        return rest;
    }

    /** The stop string that has come, or null. */
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
                // of two that end here the longer one has begun earlier: it takes more away
                if (candidate.complete(next) && (stop == null || candidate.matched() > stop.length())) {
                    stop = candidate.toString();
                }
                undecided = Math.max(undecided, candidate.matched());
            }
            if (stop != null) {
                return take(held.length() - stop.length());
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
