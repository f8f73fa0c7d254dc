package io.quern.tools;

import java.util.List;

/**
 * Reads DeepSeek's calls. In V3.1 they are {@code begin NAME sep ARGUMENTS end}, in V3 and R1 {@code begin function sep
 * NAME}, followed by the arguments as a block of code.
 */
final class DeepSeekCalls implements CallReader {
    static final String CALLS_BEGIN = "<｜tool▁calls▁begin｜>";
    static final String CALLS_END = "<｜tool▁calls▁end｜>";
    static final String BEGIN = "<｜tool▁call▁begin｜>";
    static final String SEPARATOR = "<｜tool▁sep｜>";
    static final String END = "<｜tool▁call▁end｜>";
    static final List<String> MARKS = List.of(CALLS_BEGIN, BEGIN);

    private static final String FENCE = "```";
    private static final String JSON = "json";

    private enum Place {
        BEFORE_CALL,
        FIRST_NAME,
        AFTER_SEPARATOR,
        SECOND_NAME,
        FENCE,
        LANGUAGE,
        ARGUMENTS,
        CLOSING_FENCE,
        END
    }

    private final Rest rest;
    private final Calls calls;
    private final StringBuilder name = new StringBuilder();
    private JsonArguments arguments;
    private Place place;

    DeepSeekCalls(MarkedCalls.Source source) {
        rest = source.rest();
        calls = source.calls();
        arguments = new JsonArguments(rest, calls, END);
        place = source.mark().equals(BEGIN) ? Place.FIRST_NAME : Place.BEFORE_CALL;
    }

    @Override
    public Outcome read() {
        return switch (place) {
            case BEFORE_CALL -> rest.skipSpace() ? beforeCall() : Outcome.WAITING;
            case FIRST_NAME -> firstName();
            case AFTER_SEPARATOR -> rest.skipSpace() ? afterSeparator() : Outcome.WAITING;
            case SECOND_NAME -> secondName();
            case FENCE -> rest.skipSpace() ? expect(FENCE, Place.LANGUAGE) : Outcome.WAITING;
            case LANGUAGE -> language();
            case ARGUMENTS -> arguments();
            case CLOSING_FENCE -> rest.skipSpace() ? optional(FENCE, Place.END) : Outcome.WAITING;
            case END -> rest.skipSpace() ? optional(END, Place.BEFORE_CALL) : Outcome.WAITING;
        };
    }

    private Outcome become(Place next) {
        place = next;
        return Outcome.WORKING;
    }

    private Outcome beforeCall() {
        Rest.Start end = rest.skip(CALLS_END);
        if (end == Rest.Start.YES) {
            return Outcome.DONE;
        }
        Rest.Start begin = rest.starts(BEGIN);
        if (begin == Rest.Start.YES) {
            if (!rest.isRecording()) {
                rest.record();
            }
            rest.drop(BEGIN.length());
            name.setLength(0);
            return become(Place.FIRST_NAME);
        }
        if (begin == Rest.Start.MAYBE || end == Rest.Start.MAYBE) {
            return Outcome.WAITING;
        }
        return rest.isRecording() ? Outcome.BROKEN : Outcome.DONE;
    }

    private Outcome firstName() {
        return rest.takeName(name) ? expect(SEPARATOR, Place.AFTER_SEPARATOR) : Outcome.WAITING;
    }

    private Outcome afterSeparator() {
        if (rest.first() == '{') {
            return begin();
        }
        name.setLength(0);
        return become(Place.SECOND_NAME);
    }

    private Outcome secondName() {
        return rest.takeName(name) ? become(Place.FENCE) : Outcome.WAITING;
    }

    private Outcome language() {
        return rest.isEmpty() || rest.skip(JSON) == Rest.Start.MAYBE ? Outcome.WAITING : begin();
    }

    private Outcome begin() {
        if (!calls.knows(name.toString())) {
            return Outcome.BROKEN;
        }
        rest.keep();
        calls.begin(name.toString());
        arguments = new JsonArguments(rest, calls, END);
        return become(Place.ARGUMENTS);
    }

    private Outcome arguments() {
        Outcome outcome = arguments.read();
        return outcome == Outcome.DONE ? become(Place.CLOSING_FENCE) : outcome;
    }

    private Outcome expect(String mark, Place next) {
        return switch (rest.skip(mark)) {
            case YES -> become(next);
            case MAYBE -> Outcome.WAITING;
            case NO -> Outcome.BROKEN;
        };
    }

    private Outcome optional(String mark, Place next) {
        Outcome outcome = expect(mark, next);
        return outcome == Outcome.BROKEN ? become(next) : outcome;
    }
}
