package io.quern.tools;

/** Passes on content. White space beside calls is left out; the content of an answer without calls stays as it is. */
final class TrimmedContent {
    /** A longer run of white space is content. */
    private static final int MAX_SPACE = 1024;

    private final AnswerParts parts;
    private final StringBuilder space = new StringBuilder();
    private int run;
    private boolean afterCall;
    private boolean any;
    private String gap = "";

    TrimmedContent(AnswerParts parts) {
        this.parts = parts;
    }

    void add(String text) {
        int start = afterCall ? text.length() - text.stripLeading().length() : 0;
        if (start == text.length()) {
            return;
        }
        if (afterCall) {
            afterCall = false;
            space.append(gap); // so that words before and after a call stay apart
        }
        int end = text.stripTrailing().length();
        if (end > start) {
            parts.content(space + text.substring(start, end));
            space.setLength(0);
            run = 0;
            any = true;
        }
        int spaceFrom = Math.max(start, end);
        space.append(text, spaceFrom, text.length());
        run += text.length() - spaceFrom;
        if (run > MAX_SPACE) {
            flush();
        }
    }

    void call() {
        if (!afterCall) {
            gap = any ? space.toString() : "";
        }
        space.setLength(0);
        run = 0;
        afterCall = true;
    }

    void end() {
        flush();
    }

    private void flush() {
        if (!space.isEmpty()) {
            parts.content(space.toString());
            space.setLength(0);
        }
    }
}
