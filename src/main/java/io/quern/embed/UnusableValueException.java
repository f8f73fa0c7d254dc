package io.quern.embed;

import io.quarkus.runtime.configuration.ConfigurationException;

/**
 * Reports a value that has no meaning. If several settings are wrong, Quarkus lists the texts that the exceptions
 * return from {@link #toString}.
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
