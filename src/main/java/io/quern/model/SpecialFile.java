package io.quern.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Describes a path that is neither a regular file nor a directory, for an error message. Never opens it. */
final class SpecialFile {
    /** The values of stat(2), in octal. */
    private static final int KIND = 0170000;

    private static final int PIPE = 0010000;
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int BLOCK_DEVICE = 0060000;
    private static final int SOCKET = 0140000;

    private SpecialFile() {}

    static String describe(Path file) {
        int mode;
        try {
            mode = (int) Files.getAttribute(file, "unix:mode");
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return "something else";
        }
        return switch (mode & KIND) {
            case PIPE -> "a pipe (FIFO)";
            case CHARACTER_DEVICE, BLOCK_DEVICE -> "a device";
            case SOCKET -> "a socket";
            default -> "something else";
        };
    }
}
