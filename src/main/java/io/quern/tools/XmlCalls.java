package io.quern.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads calls whose arguments are elements, as Qwen3-Coder writes them. The type of a parameter in the tool's schema
 * decides whether a value is a string or JSON.
 */
final class XmlCalls implements CallReader {
    static final String FUNCTION = "<function=";
    static final String PARAMETER = "<parameter=";
    static final String END_OF_PARAMETER = "</parameter>";
    static final String END_OF_FUNCTION = "</function>";
    private static final List<String> END_OF_VALUE = List.of(END_OF_PARAMETER, "\n" + END_OF_PARAMETER);
    private static final int MAX_NAME = 256;

    private static final ObjectMapper MAPPER =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private enum Place {
        BEGINNING,
        NAME,
        BETWEEN,
        PARAMETER,
        VALUE_BEGINS,
        STRING,
        VALUE,
        AFTER_FUNCTION
    }

    private final Rest rest;
    private final Calls calls;
    private final @Nullable String close;
    private Place place;
    private @Nullable Tool tool;
    private String parameter = "";
    private String separator = "";

    /** @param close the mark around a call, or null if the call has none */
    XmlCalls(Rest rest, Calls calls, @Nullable String close) {
        this.rest = rest;
        this.calls = calls;
        this.close = close;
        place = close == null ? Place.NAME : Place.BEGINNING;
    }

    @Override
    public Outcome read() {
        return switch (place) {
            case BEGINNING -> rest.skipSpace() ? expect(FUNCTION, Place.NAME) : Outcome.WAITING;
            case NAME -> name();
            case BETWEEN -> rest.skipSpace() ? between() : Outcome.WAITING;
            case PARAMETER -> parameter();
            case VALUE_BEGINS -> valueBegins();
            case STRING -> string();
            case VALUE -> value();
            case AFTER_FUNCTION -> rest.skipSpace() ? afterFunction() : Outcome.WAITING;
        };
    }

    private Outcome become(Place next) {
        place = next;
        return Outcome.WORKING;
    }

    private Outcome expect(String mark, Place next) {
        return switch (rest.skip(mark)) {
            case YES -> become(next);
            case MAYBE -> Outcome.WAITING;
            case NO -> Outcome.BROKEN;
        };
    }

    private Outcome name() {
        Rest.Found end = rest.find(List.of(">"));
        if (end == null || end.at() > MAX_NAME) {
            return end == null && rest.length() <= MAX_NAME ? Outcome.WAITING : Outcome.BROKEN;
        }
        tool = calls.tool(rest.take(end.at()).strip());
        if (tool == null) {
            return Outcome.BROKEN;
        }
        rest.drop(1);
        rest.keep();
        calls.begin(tool.name());
        calls.arguments("{");
        return become(Place.BETWEEN);
    }

    private Outcome between() {
        Rest.Start next = rest.skip(PARAMETER);
        if (next == Rest.Start.YES) {
            return become(Place.PARAMETER);
        }
        if (next == Rest.Start.MAYBE || rest.skip(END_OF_FUNCTION) == Rest.Start.MAYBE) {
            return Outcome.WAITING;
        }
        calls.arguments("}"); // also if the end is missing
        return become(Place.AFTER_FUNCTION);
    }

    private Outcome parameter() {
        Rest.Found end = rest.find(List.of(">"));
        if (end == null) {
            return Outcome.WAITING;
        }
        parameter = rest.take(end.at()).strip();
        rest.drop(1);
        calls.arguments(separator + quoted(parameter) + ": ");
        separator = ", ";
        return become(Place.VALUE_BEGINS);
    }

    private Outcome valueBegins() {
        if (rest.isEmpty()) {
            return Outcome.WAITING;
        }
        if (rest.first() == '\n') {
            rest.drop(1);
        }
        if (!isString()) {
            return become(Place.VALUE);
        }
        calls.arguments("\"");
        return become(Place.STRING);
    }

    private boolean isString() {
        return tool == null || !tool.has(parameter) || "string".equals(tool.typeOf(parameter));
    }

    private Outcome string() {
        Rest.Found end = rest.find(END_OF_VALUE);
        int count = end == null ? rest.free(END_OF_VALUE) : end.at();
        calls.arguments(escaped(rest.take(count)));
        if (end == null) {
            return Outcome.WAITING;
        }
        rest.drop(end.mark().length());
        calls.arguments("\"");
        return become(Place.BETWEEN);
    }

    /** A value that is neither JSON nor what Python calls one is a string, and so is one that is too long to hold. */
    private Outcome value() {
        Rest.Found end = rest.find(END_OF_VALUE);
        if (end == null) {
            if (rest.length() <= Rest.MAX_RECORDED && !rest.isComplete()) {
                return Outcome.WAITING;
            }
            calls.arguments("\"");
            return become(Place.STRING);
        }
        if (end.at() > Rest.MAX_RECORDED) {
            calls.arguments("\"");
            return become(Place.STRING);
        }
        String text = rest.take(end.at());
        rest.drop(end.mark().length());
        calls.arguments(json(text.strip()));
        return become(Place.BETWEEN);
    }

    private static String json(String text) {
        switch (text) {
            case "True":
                return "true";
            case "False":
                return "false";
            case "None":
                return "null";
            default:
                try {
                    return text.isEmpty() || MAPPER.readTree(text).isMissingNode() ? quoted(text) : text;
                } catch (JsonProcessingException e) {
                    return quoted(text);
                }
        }
    }

    private Outcome afterFunction() {
        return close != null && rest.skip(close) == Rest.Start.MAYBE ? Outcome.WAITING : Outcome.DONE;
    }

    private static String quoted(String text) {
        return '"' + escaped(text) + '"';
    }

    private static String escaped(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }
}
