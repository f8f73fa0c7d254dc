package io.quern.settings;

import java.util.regex.Pattern;

/** Shortens paths in texts for people who need not know the folders of this machine. */
public final class ShortPaths {
    /**
     * An absolute path of at least two names, up to its last slash. A single name such as {@code /health} may be
     * anything.
     */
    private static final Pattern FOLDER = Pattern.compile("(?<![\\w/.:])/(?:[^\\s/:;,'\"()\\[\\]]+/)+");

    /** The same for Windows. */
    private static final Pattern WINDOWS_FOLDER =
            Pattern.compile("\\b[A-Za-z]:[\\\\/](?:[^\\s\\\\/:;,'\"()\\[\\]]+[\\\\/])*");

    private ShortPaths() {}

    /** Returns the text with each absolute path shortened to its last name. */
    public static String in(String text) {
        return WINDOWS_FOLDER.matcher(FOLDER.matcher(text).replaceAll("")).replaceAll("");
    }
}
