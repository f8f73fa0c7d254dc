package io.quern.settings;

import java.util.regex.Pattern;

/** Texts for people whom the layout of this machine does not concern. */
public final class ShortPaths {
    /** An absolute path of two names or more, up to its last slash. One name alone, such as {@code /health}, may be anything. */
    private static final Pattern FOLDER = Pattern.compile("(?<![\\w/.:])/(?:[^\\s/:;,'\"()\\[\\]]+/)+");

    /** The same on Windows. */
    private static final Pattern WINDOWS_FOLDER =
            Pattern.compile("\\b[A-Za-z]:[\\\\/](?:[^\\s\\\\/:;,'\"()\\[\\]]+[\\\\/])*");

    private ShortPaths() {}

    /** The text with each absolute path cut down to its last name. */
    public static String in(String text) {
        return WINDOWS_FOLDER.matcher(FOLDER.matcher(text).replaceAll("")).replaceAll("");
    }
}
