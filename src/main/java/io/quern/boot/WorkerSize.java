package io.quern.boot;

import io.quern.model.ModelMemory;

/**
 * What one worker holds at the same time: what gives way where memory is short.
 *
 * @param slots sequences
 * @param contextLength tokens per slot
 * @param stateBytes for copies of its sequences' states
 */
record WorkerSize(int slots, int contextLength, long stateBytes) {

    /** Copies cannot take more than all slots do when they are full. */
    long states(ModelMemory model) {
        return Math.min(stateBytes, model.states(slots, contextLength));
    }

    WorkerSize withStates(long bytes) {
        return new WorkerSize(slots, contextLength, bytes);
    }
}
