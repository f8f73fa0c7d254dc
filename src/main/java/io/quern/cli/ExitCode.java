package io.quern.cli;

import io.quern.store.StoreProblem;

/**
 * The exit codes of commands. {@code docs/reference/command.md} documents them, and the help of each command lists
 * those that it uses.
 */
enum ExitCode {
    /** The command did what it was asked to do. */
    DONE(0),
    /** It failed for a reason that has no exit code of its own. */
    FAILED(1),
    /** The command line is wrong; picocli uses the same number. */
    USAGE(2),
    /** The engine ran out of memory. */
    OUT_OF_MEMORY(3),
    /** There is no such model, file or engine. */
    NOT_FOUND(4),
    /** A server cannot be reached, or the connection broke. */
    UNREACHABLE(5),
    /** A server asks for a token or a key, or refuses the one that it got. */
    NOT_ALLOWED(6),
    /** The disk or the memory is too small. */
    NO_ROOM(7),
    /** A file is damaged or of the wrong kind. */
    DAMAGED(8),
    /** Another process uses the model. */
    IN_USE(9),
    /** The user pressed Ctrl-C. */
    INTERRUPTED(130);

    private final int number;

    ExitCode(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    static ExitCode of(StoreProblem problem) {
        return switch (problem) {
            case INVALID_REFERENCE -> USAGE;
            case NOT_PULLED, NOT_FOUND -> NOT_FOUND;
            case UNAUTHORIZED, GATED -> NOT_ALLOWED;
            case OFFLINE, UNREACHABLE, RATE_LIMITED, SERVER_ERROR, CHANGED -> UNREACHABLE;
            case CHECKSUM_MISMATCH, NOT_A_MODEL -> DAMAGED;
            case TOO_LARGE, DISK_FULL -> NO_ROOM;
            case IN_USE, BUSY -> IN_USE;
            case NEWER_STORE, STORE_UNUSABLE -> FAILED;
        };
    }
}
