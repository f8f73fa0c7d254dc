package io.quern.fork;

import java.io.IOException;

/**
 * Reports that a launcher must not fork: it could not load everything, has a thread or has touched a device. A forked
 * worker could hang or crash. This is permanent.
 */
public final class UnfitLauncherException extends IOException {
    private static final long serialVersionUID = 1;

    UnfitLauncherException(String cause) {
        super(cause);
    }
}
