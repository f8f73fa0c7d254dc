package io.quern.launch;

import io.quern.wire.WorkerSettings;

/** Issues the one-time tokens by which starting workers prove who they are. Safe for use by several threads. */
@FunctionalInterface
public interface TokenIssuer {
    /**
     * Issues a token for a process that is about to be made. The engine sends these settings to the process that says Hello with
     * the token. Only the last token of a launch is good. Never blocks.
     *
     * @param settings complete ones
     */
    String issue(WorkerSettings settings);
}
