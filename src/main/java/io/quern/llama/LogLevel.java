package io.quern.llama;

/** llama.cpp's log levels. */
public enum LogLevel {
    DEBUG,
    INFO,
    WARN,
    ERROR;

    static LogLevel of(int code) {
        return switch (code) {
            case 1 -> DEBUG;
            case 3 -> WARN;
            case 4 -> ERROR;
            default -> INFO;
        };
    }
}
