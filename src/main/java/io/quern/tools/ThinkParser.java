package io.quern.tools;

import java.util.List;

/** Takes the reasoning from the beginning of an answer, and leaves the rest to another parser. */
final class ThinkParser implements AnswerParser {
    private final ReasoningMarks marks;
    private final AnswerParser next;
    private final AnswerParts parts;
    private final Rest rest = new Rest();
    private Place place;
    private boolean begun;

    private enum Place {
        BEFORE,
        INSIDE,
        AFTER,
        OVER
    }

    /**
     * @param open whether the prompt has already opened the reasoning
     * @param next parses what follows
     */
    ThinkParser(ReasoningMarks marks, boolean open, AnswerParser next, AnswerParts parts) {
        this.marks = marks;
        this.next = next;
        this.parts = parts;
        place = open ? Place.INSIDE : Place.BEFORE;
    }

    @Override
    public void add(String text) {
        if (place == Place.OVER) {
            next.add(text);
            return;
        }
        rest.add(text);
        run();
    }

    @Override
    public void end() {
        rest.complete();
        run();
        next.end();
    }

    @Override
    public int calls() {
        return next.calls();
    }

    @Override
    public boolean reasons() {
        return place == Place.INSIDE || place == Place.OVER && next.reasons();
    }

    private void run() {
        boolean working = true;
        while (working) {
            working = switch (place) {
                case BEFORE -> before();
                case INSIDE -> inside();
                case AFTER -> after();
                case OVER -> false;
            };
        }
    }

    private boolean before() {
        rest.record();
        if (!rest.skipSpace() && !rest.isComplete()) {
            rest.goBack();
            return false;
        }
        Rest.Start start = rest.skip(marks.open());
        if (start == Rest.Start.YES) {
            rest.keep();
            place = Place.INSIDE;
            return true;
        }
        rest.goBack();
        return start == Rest.Start.NO && pass();
    }

    /** White space around the reasoning is left out. */
    private boolean inside() {
        if (!begun) {
            if (!rest.skipSpace()) {
                return false;
            }
            // a prompt that opens the reasoning, and a model that does so again
            Rest.Start again = rest.skip(marks.open());
            if (again != Rest.Start.NO) {
                return again == Rest.Start.YES;
            }
            begun = true;
        }
        List<String> close = List.of(marks.close());
        Rest.Found found = rest.find(close);
        int count = found == null ? rest.free(close) : found.at();
        int kept = count;
        while (kept > 0 && Character.isWhitespace(rest.charAt(kept - 1))) {
            kept--;
        }
        if (kept > 0) {
            parts.reasoning(rest.take(kept));
        }
        if (found == null) {
            return false;
        }
        rest.drop(count - kept + marks.close().length());
        place = Place.AFTER;
        return true;
    }

    private boolean after() {
        return rest.skipSpace() && pass();
    }

    private boolean pass() {
        place = Place.OVER;
        if (!rest.isEmpty()) {
            next.add(rest.take(rest.length()));
        }
        return false;
    }
}
