package io.quern.tools;

/** Reads the calls that follow one mark in an answer, as their text arrives. */
interface CallReader {
    enum Outcome {
        /** It needs more text. */
        WAITING,
        /** It has moved on, and can be asked again. */
        WORKING,
        /** The calls are complete. What follows is not part of them. */
        DONE,
        /** The text does not continue as calls do. If none has begun, it is content. */
        BROKEN
    }

    /** Reads on. At the end of the text it is asked until it waits. */
    Outcome read();
}
