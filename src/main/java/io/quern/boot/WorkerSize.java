package io.quern.boot;

import io.quern.model.ModelMemory;

/**
 * Describes how much one worker holds at the same time. The planner lowers this if memory is short.
 *
 * @param slots the number of sequences
 * @param contextLength tokens per slot
 * @param stateBytes bytes for copies of sequence states
 */
record WorkerSize(int slots, int contextLength, long stateBytes) {

    /** Returns the bytes that copies can take at most: no more than all full slots. */
    long states(ModelMemory model) {
        return Math.min(stateBytes, model.states(slots, contextLength));
    }

    WorkerSize withStates(long bytes) {
        return new WorkerSize(slots, contextLength, bytes);
    }
}
