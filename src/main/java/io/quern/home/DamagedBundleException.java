package io.quern.home;

/** What travels in the application is not what was built: a cut-off download, a jar somebody changed. Not mended by waiting. */
public final class DamagedBundleException extends RuntimeException {
    DamagedBundleException(String message) {
        super(message);
    }

    DamagedBundleException(String message, Throwable cause) {
        super(message, cause);
    }
}
