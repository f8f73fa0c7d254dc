package io.quern.tools;

/**
 * Reads calls after Mistral's {@code [TOOL_CALLS]}: a list of JSON objects, or in newer models the name, then
 * {@code [ARGS]} and the arguments.
 */
final class MistralCalls implements CallReader {
    static final String MARK = "[TOOL_CALLS]";
    static final String ARGS = "[ARGS]";
    private static final String CALL_ID = "[CALL_ID]";

    private enum Place {
        BEGINNING,
        NAME,
        ID,
        ARGUMENTS
    }

    private final Rest rest;
    private final Calls calls;
    private final CallReader objects;
    private final StringBuilder name = new StringBuilder();
    private final JsonArguments arguments;
    private Place place = Place.BEGINNING;
    private boolean asObjects;

    MistralCalls(MarkedCalls.Source source) {
        rest = source.rest();
        calls = source.calls();
        objects = new JsonCalls(rest, calls, null);
        arguments = new JsonArguments(rest, calls, MARK);
    }

    @Override
    public Outcome read() {
        if (asObjects) {
            return objects.read();
        }
        return switch (place) {
            case BEGINNING -> beginning();
            case NAME -> name();
            case ID -> id();
            case ARGUMENTS -> arguments.read();
        };
    }

    private Outcome beginning() {
        if (!rest.skipSpace()) {
            return Outcome.WAITING;
        }
        asObjects = rest.first() == '[' || rest.first() == '{';
        place = Place.NAME;
        return Outcome.WORKING;
    }

    private Outcome name() {
        if (!rest.takeName(name)) {
            return Outcome.WAITING;
        }
        if (!calls.knows(name.toString())) {
            return Outcome.BROKEN;
        }
        if (rest.first() == '{') {
            return begin();
        }
        return switch (rest.skip(CALL_ID)) {
            case YES -> {
                place = Place.ID;
                yield Outcome.WORKING;
            }
            case MAYBE -> Outcome.WAITING;
            case NO -> args();
        };
    }

    /** Skips the model's id. The client gets one that is certainly unique. */
    private Outcome id() {
        while (!rest.isEmpty() && rest.first() != '[') {
            rest.drop(1);
        }
        return rest.isEmpty() ? Outcome.WAITING : args();
    }

    private Outcome args() {
        return switch (rest.skip(ARGS)) {
            case YES -> begin();
            case MAYBE -> Outcome.WAITING;
            case NO -> Outcome.BROKEN;
        };
    }

    private Outcome begin() {
        place = Place.ARGUMENTS;
        rest.keep();
        calls.begin(name.toString());
        return Outcome.WORKING;
    }
}
