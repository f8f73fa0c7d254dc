package io.quern.tools;

import org.jspecify.annotations.Nullable;

/**
 * Reads calls that are JSON objects: one, several in a list, or several with {@code ;} between them.
 *
 * <p>Arguments that break off or are not JSON go to the client as the model wrote them, as in OpenAI's API, because
 * their call has begun.
 */
final class JsonCalls implements CallReader {
    private enum Place {
        BEGINNING,
        ELEMENT,
        OBJECT,
        /** In arguments that are not JSON. */
        SPILL,
        AFTER_OBJECT,
        END
    }

    private final Rest rest;
    private final Calls calls;
    private final @Nullable String close;
    private Place place = Place.BEGINNING;
    private boolean list;
    private CallObject object;

    /** @param close the mark after the calls, or null if the format has none */
    JsonCalls(Rest rest, Calls calls, @Nullable String close) {
        this.rest = rest;
        this.calls = calls;
        this.close = close;
        this.object = fresh();
    }

    private CallObject fresh() {
        return new CallObject(calls, rest::keep);
    }

    @Override
    public Outcome read() {
        if (place != Place.OBJECT && place != Place.SPILL && !rest.skipSpace()) {
            return Outcome.WAITING;
        }
        return switch (place) {
            case BEGINNING -> beginning();
            case ELEMENT -> element();
            case OBJECT -> object();
            case SPILL -> spill();
            case AFTER_OBJECT -> afterObject();
            case END -> end();
        };
    }

    private Outcome become(Place next) {
        place = next;
        return Outcome.WORKING;
    }

    private Outcome beginning() {
        if (rest.first() == '[') {
            rest.drop(1);
            list = true;
            return become(Place.ELEMENT);
        }
        return element();
    }

    private Outcome element() {
        object = fresh();
        return rest.first() == '{' ? become(Place.OBJECT) : Outcome.BROKEN;
    }

    private Outcome object() {
        while (!rest.isEmpty()) {
            switch (object.take(rest.first())) {
                case MORE -> rest.drop(1);
                case COMPLETE -> {
                    rest.drop(1);
                    return become(Place.AFTER_OBJECT);
                }
                case CUT_OFF -> {
                    return become(Place.AFTER_OBJECT);
                }
                case BROKEN -> {
                    return object.hasStarted() ? become(Place.SPILL) : Outcome.BROKEN;
                }
            }
            if (rest.recorded() > Rest.MAX_RECORDED) {
                return Outcome.BROKEN;
            }
        }
        object.flush();
        return Outcome.WAITING;
    }

    private Outcome spill() {
        return Spill.read(rest, calls, close) ? Outcome.DONE : Outcome.WAITING;
    }

    private Outcome afterObject() {
        char next = rest.first();
        if (list && next == ',') {
            rest.drop(1);
            return become(Place.ELEMENT);
        }
        if (list && next == ']') {
            rest.drop(1);
            list = false;
        }
        return become(Place.END);
    }

    private Outcome end() {
        if (close != null) {
            switch (rest.skip(close)) {
                case YES -> {
                    return Outcome.DONE;
                }
                case MAYBE -> {
                    return Outcome.WAITING;
                }
                case NO -> {}
            }
        }
        if (rest.first() == '{') {
            rest.record();
            return become(Place.ELEMENT);
        }
        if (rest.first() == ';') {
            rest.record();
            rest.drop(1);
            return become(Place.ELEMENT);
        }
        return Outcome.DONE;
    }
}
