package io.quern.tools;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of an answer that has arrived, but is not parsed yet. It can record what is taken from it, so that a parser
 * can go back and read the same text as something else.
 */
final class Rest {
    /** Characters that may be recorded. A call whose name has not been read by then is not a call. */
    static final int MAX_RECORDED = 16 * 1024;

    private static final int NONE = -1;
    private static final int COMPACT_FROM = 4096;

    private final StringBuilder text = new StringBuilder();
    private int from;
    private int recordedFrom = NONE;
    private boolean complete;

    /** Says whether the text starts with something. */
    enum Start {
        YES,
        NO,
        /** More text will decide. */
        MAYBE
    }

    /** A mark in the text. */
    record Found(int at, String mark) {}

    void add(String more) {
        text.append(more);
    }

    /** No text follows. */
    void complete() {
        complete = true;
    }

    boolean isComplete() {
        return complete;
    }

    boolean isEmpty() {
        return from == text.length();
    }

    int length() {
        return text.length() - from;
    }

    char first() {
        return text.charAt(from);
    }

    char charAt(int index) {
        return text.charAt(from + index);
    }

    String take(int count) {
        String taken = text.substring(from, from + count);
        drop(count);
        return taken;
    }

    void drop(int count) {
        from += count;
        if (recordedFrom == NONE && (from == text.length() || from > COMPACT_FROM)) {
            text.delete(0, from);
            from = 0;
        }
    }

    /** Begins to record what is taken. */
    void record() {
        recordedFrom = from;
    }

    boolean isRecording() {
        return recordedFrom != NONE;
    }

    int recorded() {
        return isRecording() ? from - recordedFrom : 0;
    }

    /** Ends the recording and keeps what was taken. */
    void keep() {
        recordedFrom = NONE;
    }

    /** Ends the recording and returns to its beginning. */
    void goBack() {
        from = recordedFrom;
        recordedFrom = NONE;
    }

    /** Returns the number of white space characters that come first. */
    int leadingSpace() {
        int count = 0;
        while (count < length() && Character.isWhitespace(charAt(count))) {
            count++;
        }
        return count;
    }

    /** Drops white space, and returns whether other text has arrived. */
    boolean skipSpace() {
        drop(leadingSpace());
        return !isEmpty();
    }

    /** Drops the mark if the text starts with it. */
    Start skip(String mark) {
        Start start = starts(mark);
        if (start == Start.YES) {
            drop(mark.length());
        }
        return start;
    }

    /** Takes what may belong to the name of a tool, and returns whether other text has arrived. */
    boolean takeName(StringBuilder name) {
        while (!isEmpty() && ToolName.mayContain(first())) {
            name.append(first());
            drop(1);
        }
        return !isEmpty();
    }

    Start starts(String mark) {
        int shared = Math.min(mark.length(), length());
        for (int i = 0; i < shared; i++) {
            if (charAt(i) != mark.charAt(i)) {
                return Start.NO;
            }
        }
        if (shared == mark.length()) {
            return Start.YES;
        }
        return complete ? Start.NO : Start.MAYBE;
    }

    /** Returns the first of these marks in the text; of two at one place, the longer. */
    @Nullable
    Found find(List<String> marks) {
        Found first = null;
        for (String mark : marks) {
            int at = text.indexOf(mark, from) - from;
            boolean earlier = first == null || at < first.at || at == first.at && mark.length() > first.mark.length();
            if (at >= 0 && earlier) {
                first = new Found(at, mark);
            }
        }
        return first;
    }

    /** Returns the number of characters before anything that may become one of these marks. */
    int free(List<String> marks) {
        if (complete) {
            return length();
        }
        int free = length();
        for (String mark : marks) {
            for (int held = Math.min(mark.length() - 1, length()); held > 0; held--) {
                if (endsWithBeginningOf(mark, held)) {
                    free = Math.min(free, length() - held);
                    break;
                }
            }
        }
        return free;
    }

    private boolean endsWithBeginningOf(String mark, int count) {
        int start = length() - count;
        for (int i = 0; i < count; i++) {
            if (charAt(start + i) != mark.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
