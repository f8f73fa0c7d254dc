package io.quern.openai;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Describes what is wrong with a body that is not valid JSON. Jackson's own messages name its classes and settings. */
final class JsonFault {
    /**
     * Beginnings of Jackson's messages, each with the API's words for it. If a later Jackson uses other words, only
     * this detail is lost.
     */
    private static final List<Fault> FAULTS = List.of(
            fault("Unexpected end-of-input", "it ends too early"),
            fault("Non-standard token '(.{1,20})'", "%s is not JSON"),
            fault("Unrecognized token '(\\w{1,20})", "unknown word %s"),
            fault(
                    "Illegal unquoted character \\(\\(CTRL-CHAR, code (\\d+)",
                    "an unescaped control character (code %s) in a string"),
            fault("Illegal character \\(\\(CTRL-CHAR, code (\\d+)", "an unexpected control character (code %s)"),
            fault("Unrecognized character escape", "an unknown escape sequence in a string"),
            fault("Unexpected character .*hex-digit", "an escape sequence without four hexadecimal digits"),
            fault("Invalid numeric value|Unexpected character .*in numeric value", "a malformed number"),
            fault("Unexpected character \\('(.{1,2})' \\(code", "unexpected '%s'"),
            fault("Unexpected close marker '(.)'", "unexpected '%s'"),
            fault("Document nesting depth", "it nests deeper than quern.openai.max-json-depth allows"),
            fault("Number value length", "a number has too many digits"),
            fault("(Name|Property name) length", "a field's name is too long"));

    private JsonFault() {}

    private record Fault(Pattern jackson, String ours) {}

    private static Fault fault(String jackson, String ours) {
        return new Fault(Pattern.compile(jackson, Pattern.DOTALL), ours);
    }

    static String describe(JsonProcessingException e) {
        String what =
                e instanceof StreamConstraintsException ? "The body exceeds a limit" : "The body is not valid JSON";
        return what + where(e.getLocation()) + detail(e.getOriginalMessage());
    }

    /** Describes a body that continues after its JSON value. */
    static String trailing(JsonLocation location) {
        return "The body is not valid JSON" + where(location) + ": more text follows after its end";
    }

    private static String where(@Nullable JsonLocation location) {
        return location == null ? "" : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
    }

    private static String detail(@Nullable String message) {
        for (Fault fault : FAULTS) {
            Matcher jackson = fault.jackson().matcher(message == null ? "" : message);
            if (jackson.lookingAt()) {
                return ": "
                        + (jackson.groupCount() == 0
                                ? fault.ours()
                                : fault.ours().formatted(jackson.group(1)));
            }
        }
        return "";
    }
}
