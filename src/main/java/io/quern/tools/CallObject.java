package io.quern.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads one call that is written as a JSON object, character by character: its name and its arguments in any order,
 * also inside {@code function}. The arguments may be an object or a string that contains one.
 */
final class CallObject {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
            .build();
    private static final int MAX_KEY = 32;
    private static final Set<String> ARGUMENTS = Set.of("arguments", "parameters");
    private static final Set<String> IGNORED = Set.of("id", "type", "index");

    /** The part of the object that is being read. */
    private enum Part {
        BETWEEN,
        KEY,
        COLON,
        IGNORED,
        NAME,
        ARGUMENTS,
        QUOTED_ARGUMENTS
    }

    enum Outcome {
        MORE,
        COMPLETE,
        /** The arguments are complete and the object is not; the character belongs to something else. */
        CUT_OFF,
        BROKEN
    }

    private final Calls calls;
    private final Runnable begun;
    private final Arguments arguments;
    private final JsonScanner scanner = new JsonScanner();
    private final StringBuilder text = new StringBuilder();
    private Part part = Part.BETWEEN;
    private int level = 1;
    private @Nullable String name;
    private boolean started;
    private boolean complete;

    /** @param begun called before the call begins */
    CallObject(Calls calls, Runnable begun) {
        this.calls = calls;
        this.begun = begun;
        this.arguments = new Arguments(calls);
    }

    boolean hasStarted() {
        return started;
    }

    Outcome take(char c) {
        boolean inString = scanner.state() == JsonScanner.State.STRING;
        if (!scanner.take(c)) {
            flush();
            return started && complete && part == Part.BETWEEN ? Outcome.CUT_OFF : Outcome.BROKEN;
        }
        if (!read(c, inString)) {
            return Outcome.BROKEN;
        }
        if (!scanner.isDone()) {
            return Outcome.MORE;
        }
        if (name == null) {
            return Outcome.BROKEN;
        }
        if (!complete) {
            arguments.add("{}");
        }
        start();
        return Outcome.COMPLETE;
    }

    /** Passes on the arguments so far, if the name is known. */
    void flush() {
        if (started) {
            arguments.flush();
        }
    }

    private boolean read(char c, boolean inString) {
        if (scanner.depth() == 1) {
            level = 1; // also after the object of "function"
        }
        return switch (part) {
            case BETWEEN -> {
                if (scanner.state() == JsonScanner.State.STRING && scanner.isKey() && !inString) {
                    part = Part.KEY;
                    text.setLength(0);
                }
                yield true;
            }
            case KEY -> {
                if (scanner.state() == JsonScanner.State.COLON) {
                    part = Part.COLON;
                } else {
                    text.append(c);
                }
                yield text.length() <= MAX_KEY;
            }
            case COLON -> c == ':' || JsonScanner.isSpace(c) || value(text.toString(), c);
            case IGNORED, NAME, QUOTED_ARGUMENTS -> {
                text.append(c);
                yield !valueIsOver() || over();
            }
            case ARGUMENTS -> {
                arguments.add(c, inString);
                yield !valueIsOver() || over();
            }
        };
    }

    /** Begins the value of a key. */
    private boolean value(String key, char first) {
        text.setLength(0);
        text.append(first);
        if (key.equals("name") || key.equals("function") && first == '"') {
            part = Part.NAME;
            return first == '"';
        }
        if (key.equals("function") && first == '{' && level == 1) {
            level = 2;
            part = Part.BETWEEN;
            return true;
        }
        if (ARGUMENTS.contains(key) && !complete) {
            return arguments(first);
        }
        part = Part.IGNORED;
        return IGNORED.contains(key) && (!valueIsOver() || over());
    }

    private boolean arguments(char first) {
        if (first == '{') {
            part = Part.ARGUMENTS;
            arguments.add(first, false);
            if (name != null) {
                start();
            }
            return true;
        }
        part = first == '"' ? Part.QUOTED_ARGUMENTS : Part.IGNORED;
        return first == '"' || first == 'n';
    }

    private boolean valueIsOver() {
        return scanner.depth() < level
                || scanner.depth() == level
                        && (scanner.state() == JsonScanner.State.AFTER_VALUE
                                || scanner.state() == JsonScanner.State.KEY);
    }

    private boolean over() {
        Part ended = part;
        part = Part.BETWEEN;
        return switch (ended) {
            case NAME -> {
                String decoded = decoded();
                if (decoded == null || !calls.knows(decoded) || name != null) {
                    yield false;
                }
                name = decoded;
                if (complete) {
                    start();
                }
                yield true;
            }
            case QUOTED_ARGUMENTS -> {
                String decoded = decoded();
                arguments.add(decoded == null || decoded.isBlank() ? "{}" : decoded);
                complete = true;
                if (name != null) {
                    start();
                }
                yield true;
            }
            case ARGUMENTS -> {
                complete = true;
                yield true;
            }
            case IGNORED, BETWEEN, KEY, COLON -> true;
        };
    }

    private @Nullable String decoded() {
        try {
            return MAPPER.readTree(text.toString()).textValue();
        } catch (JsonProcessingException e) { // an unpaired surrogate
            return null;
        }
    }

    private void start() {
        if (!started && name != null) {
            started = true;
            begun.run();
            calls.begin(name);
        }
        flush();
    }
}
