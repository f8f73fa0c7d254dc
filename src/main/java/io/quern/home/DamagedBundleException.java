package io.quern.home;

/**
 * A file inside the application is not the one that was built: a truncated download or a changed jar. A retry does not
 * help.
 */
public final class DamagedBundleException extends RuntimeException {
    DamagedBundleException(String message) {
        super(message);
    }

    DamagedBundleException(String message, Throwable cause) {
        super(message, cause);
    }
}
