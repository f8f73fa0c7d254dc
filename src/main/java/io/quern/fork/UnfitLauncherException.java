package io.quern.fork;

import java.io.IOException;

/**
 * A fork parent must not be forked: it could not load what it should, or it has a thread or has touched a device, so that what
 * it forks could hang or crash. It will not be better later.
 */
public final class UnfitForkParentException extends IOException {
    private static final long serialVersionUID = 1;

    UnfitForkParentException(String cause) {
        super(cause);
    }
}
