package io.quern.tools;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Divides an answer into content and calls, which follow marks. Text after a mark is content if it turns out not to be
 * a call. A call of a tool that the request does not have is content too.
 */
final class MarkedCalls implements AnswerParser {
    private final Style style;
    private final Calls calls;
    private final TrimmedContent content;
    private final Rest rest = new Rest();
    private @Nullable CallReader reader;
    private int opening;
    private boolean beginning = true;

    /** Where a reader finds its text, and what receives the calls. */
    record Source(Rest rest, Calls calls, String mark) {}

    /**
     * Describes where calls are.
     *
     * @param marks texts before calls
     * @param bare whether a JSON object or list at the beginning of the answer may be a call without a mark
     * @param readers creates a reader; the mark is taken by then, and empty if there was none
     */
    record Style(List<String> marks, boolean bare, Function<Source, CallReader> readers) {}

    MarkedCalls(Style style, Calls calls, AnswerParts parts) {
        this.style = style;
        this.calls = calls;
        this.content = new TrimmedContent(parts);
    }

    @Override
    public void add(String text) {
        rest.add(text);
        run();
    }

    @Override
    public void end() {
        rest.complete();
        run();
        content.end();
    }

    @Override
    public int calls() {
        return calls.count();
    }

    private void run() {
        boolean working = true;
        while (working) {
            working = reader == null ? outside() : inside(reader);
        }
    }

    private boolean outside() {
        if (beginning && style.bare() && beginsBare()) {
            return reader != null;
        }
        Rest.Found found = rest.find(style.marks());
        if (found == null) {
            content(rest.free(style.marks()));
            return false;
        }
        content(found.at());
        open(found.mark());
        return true;
    }

    /** Returns whether the answer begins with a call, or may do so when more text arrives. */
    private boolean beginsBare() {
        content(rest.leadingSpace());
        if (rest.isEmpty()) {
            return true;
        }
        beginning = false;
        for (String mark : style.marks()) {
            switch (rest.starts(mark)) {
                case YES -> {
                    return false;
                }
                case MAYBE -> {
                    beginning = true;
                    return true;
                }
                case NO -> {}
            }
        }
        if (rest.first() != '{' && rest.first() != '[') {
            return false;
        }
        open("");
        return true;
    }

    private void open(String mark) {
        beginning = false;
        rest.record();
        opening = Math.max(1, mark.length());
        rest.drop(mark.length());
        reader = style.readers().apply(new Source(rest, calls, mark));
    }

    private boolean inside(CallReader current) {
        CallReader.Outcome outcome = current.read();
        if (!rest.isRecording()) { // a call has begun
            content.call();
            opening = 1;
        }
        return switch (outcome) {
            case WORKING -> rest.recorded() <= Rest.MAX_RECORDED || leave();
            case WAITING -> (rest.isComplete() || rest.recorded() > Rest.MAX_RECORDED) && leave();
            case DONE, BROKEN -> leave();
        };
    }

    /** Returns to content. What was taken since the last complete call and is no call is content. */
    private boolean leave() {
        reader = null;
        if (rest.isRecording()) {
            rest.goBack();
            content(Math.min(opening, rest.length()));
        }
        return true;
    }

    private void content(int count) {
        if (count > 0) {
            content.add(rest.take(count));
        }
    }
}
