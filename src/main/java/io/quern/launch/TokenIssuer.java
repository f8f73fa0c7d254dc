package io.quern.launch;

import io.quern.wire.WorkerSettings;

/** Issues the one-time tokens by which starting workers authenticate. Thread-safe. */
@FunctionalInterface
public interface TokenIssuer {
    /**
     * Issues a token for a process that is about to start. The engine sends these settings to the process that says
     * Hello with the token. Only the last token of a launch is valid. Never blocks.
     *
     * @param settings the complete settings of the worker
     */
    String issue(WorkerSettings settings);
}
