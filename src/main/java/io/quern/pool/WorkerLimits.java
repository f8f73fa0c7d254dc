package io.quern.pool;

import io.quern.wire.SettingsCheck;

/** The most that one worker can be given. */
public final class WorkerLimits {
    public static final int MAX_SLOTS = SettingsCheck.MAX_SLOTS;
    public static final int MAX_THREADS = SettingsCheck.MAX_THREADS;

    private WorkerLimits() {}
}
