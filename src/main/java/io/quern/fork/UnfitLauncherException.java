package io.quern.fork;

import java.io.IOException;

/**
 * A launcher must not be forked: it could not load what it should, or it has a thread or has touched a device, so that what
 * it forks could hang or crash. It will not be better later.
 */
public final class UnfitLauncherException extends IOException {
    private static final long serialVersionUID = 1;

    UnfitLauncherException(String cause) {
        super(cause);
    }
}
