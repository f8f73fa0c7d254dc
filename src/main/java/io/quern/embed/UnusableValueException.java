package io.quern.embed;

import io.quarkus.runtime.configuration.ConfigurationException;

/**
 * A value that says nothing. Where several settings are at fault, Quarkus lists what the exceptions write of
 * themselves.
 */
final class UnusableValueException extends ConfigurationException {
    UnusableValueException(String message) {
        super(message);
    }

    @Override
    public String toString() {
        return String.valueOf(getMessage());
    }
}
