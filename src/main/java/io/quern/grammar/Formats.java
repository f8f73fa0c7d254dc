package io.quern.grammar;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Regular expressions for the formats of JSON Schema. Each matches a part of what the format allows, so that every
 * validator accepts it: no leap seconds, and host names and addresses that look like those people use.
 */
final class Formats {
    private static final String DATE = "(?:[12]\\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])"
            + "|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))"
            + "|(?:[12]\\d(?:0[48]|[2468][048]|[13579][26])|(?:1[26]|2[048])00)-02-29)";
    private static final String TIME =
            "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+](?:0\\d|1[0-3]):[0-5]\\d|-(?:0[1-9]|1[0-1]):[0-5]\\d)";
    private static final String LABEL = "[a-z](?:[a-z0-9]{0,20}(?:-[a-z0-9]{1,20})?)";
    private static final String TOP = "(?:com|org|net|edu|gov|info|io|dev|app|de|uk|fr|jp|eu)";
    private static final String HOST = LABEL + "(?:\\." + LABEL + "){0,3}\\." + TOP;
    private static final String BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final String HEX = "[0-9a-f]{1,4}";
    private static final String URI = "(?:https?|ftp)://" + HOST + "(?::[1-9]\\d{1,3})?(?:/[A-Za-z0-9._~-]+){0,20}/?"
            + "(?:\\?[a-z0-9]+=[A-Za-z0-9._~-]*(?:&[a-z0-9]+=[A-Za-z0-9._~-]*){0,10})?(?:#[A-Za-z0-9._~-]*)?";
    private static final String EMAIL =
            "[A-Za-z0-9][A-Za-z0-9_+-]{0,30}(?:\\.[A-Za-z0-9][A-Za-z0-9_+-]{0,20})?@" + HOST;
    private static final String UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
    private static final String POINTER = "(?:/[A-Za-z0-9_-]+)*";

    private static final Map<String, String> PATTERNS = new HashMap<>(Map.of(
            "date", DATE,
            "time", TIME,
            "date-time", DATE + "T" + TIME,
            "uuid", UUID,
            "ipv4", BYTE + "(?:\\." + BYTE + "){3}",
            "ipv6", ipv6(),
            "email", EMAIL,
            "hostname", HOST,
            "uri", URI));

    static {
        PATTERNS.put("idn-email", EMAIL);
        PATTERNS.put("idn-hostname", HOST);
        PATTERNS.put("uri-reference", URI);
        PATTERNS.put("iri", URI);
        PATTERNS.put("iri-reference", URI);
        PATTERNS.put("uri-template", URI);
        PATTERNS.put("json-pointer", POINTER);
        PATTERNS.put("relative-json-pointer", "(?:0|[1-9]\\d?)" + POINTER);
        PATTERNS.put("regex", "[A-Za-z0-9]*");
        PATTERNS.put(
                "duration",
                "P(?:[1-9]\\d{0,3}D|[1-9]\\d{0,2}DT[1-9]\\d{0,3}[HMS]|T[1-9]\\d{0,3}[HMS]|T[1-9]\\d?H[1-9]\\d?M)");
    }

    private Formats() {}

    /** Returns the pattern of a format, or null if JSON Schema does not define it, and it therefore demands nothing. */
    static @Nullable String patternOf(String format) {
        return PATTERNS.get(format);
    }

    private static String ipv6() {
        StringBuilder ways = new StringBuilder("(?:" + HEX + ":){7}" + HEX);
        for (int before = 1; before <= 6; before++) {
            ways.append("|(?:" + HEX + ":){" + before + "}(?::" + HEX + "){1," + (7 - before) + "}");
        }
        return ways.append("|:(?::" + HEX + "){1,7}").toString();
    }
}
