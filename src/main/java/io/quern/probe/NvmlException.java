package io.quern.probe;

/** NVIDIA's management library cannot be opened, lacks a function, or a call of a function failed. */
final class NvmlException extends Exception {
    /** The library does not exist, or lacks the function. */
    static final int ABSENT = -1;

    static final int NOT_SUPPORTED = 3;
    static final int NOT_FOUND = 6;
    static final int DRIVER_NOT_LOADED = 9;

    private final int code;

    NvmlException(int code, String message) {
        super(message);
        this.code = code;
    }

    /** NVML's return code, or {@link #ABSENT}. */
    int code() {
        return code;
    }
}
