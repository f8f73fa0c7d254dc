package io.quern.launch;

import java.io.IOException;

/** A fork parent has a thread or has touched a device: what it forks could hang or crash, so it forks no more. */
final class PoisonedException extends IOException {
    private static final long serialVersionUID = 1;

    PoisonedException(String cause) {
        super(cause);
    }
}
