package io.quern.tools;

import java.util.regex.Pattern;

/** The names that functions may have. */
public final class ToolName {
    public static final int MAX_LENGTH = 64;

    private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9_.-]{1," + MAX_LENGTH + "}");

    private ToolName() {}

    public static boolean isAllowed(String name) {
        return ALLOWED.matcher(name).matches();
    }

    static boolean mayContain(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.';
    }
}
