package io.quern.boot;

/**
 * The engine whose boot is planned.
 *
 * @param models the number of its models
 * @param together models that are expected to compute at the same time, at least 1
 * @param development whether it runs in development mode or in a test of an application
 * @param embedded whether it is part of another application
 */
public record EngineFacts(int models, int together, boolean development, boolean embedded) {
    /** Quern's own application in production, with one model. */
    public static final EngineFacts SINGLE = new EngineFacts(1, 1, false, false);

    /** Quern's own application in production. */
    public static EngineFacts of(int models, int together) {
        return new EngineFacts(models, together, false, false);
    }
}
