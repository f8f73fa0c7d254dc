package io.quern.wire;

import java.io.IOException;

/** The bytes are not a frame of ours. The connection they came on cannot be used any more. */
public final class WireException extends IOException {
    public WireException(String message) {
        super(message);
    }

    public WireException(String message, Throwable cause) {
        super(message, cause);
    }
}
