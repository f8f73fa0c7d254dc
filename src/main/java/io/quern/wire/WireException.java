package io.quern.wire;

import java.io.IOException;

/** Reports bytes that are not a valid frame. Their connection cannot be used any more. */
public final class WireException extends IOException {
    public WireException(String message) {
        super(message);
    }

    public WireException(String message, Throwable cause) {
        super(message, cause);
    }
}
