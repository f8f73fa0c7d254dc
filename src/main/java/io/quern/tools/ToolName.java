package io.quern.tools;

/** The names that functions may have. */
public final class ToolName {
    public static final int MAX_LENGTH = 64;

    private ToolName() {}

    public static boolean isAllowed(String name) {
        return !name.isEmpty() && name.length() <= MAX_LENGTH && name.chars().allMatch(c -> mayContain((char) c));
    }

    static boolean mayContain(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.';
    }
}
