package io.quern.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A key for a service. It comes from a file or an environment variable and never from a command line, which every user
 * of the machine can read.
 *
 * @param value the secret; {@link #toString} does not contain it
 */
public record ApiKey(String value) {
    /** The environment variable with the key. */
    public static final String VARIABLE = "QUERN_API_KEY";

    private static final long MAX_BYTES = 8192;

    /** @throws IllegalArgumentException if the value cannot be sent in a header; the message does not contain it */
    public ApiKey {
        if (value.isEmpty() || !value.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException("The API key is empty, or contains spaces or other characters that"
                    + " cannot be sent in a header. Only visible ASCII characters are allowed.");
        }
    }

    /**
     * Reads the key from a file or, without one, from the environment.
     *
     * @param file a file with nothing but the key, or null
     * @param variable the value of {@link #VARIABLE}, or null if it is not set
     * @throws IllegalArgumentException if the file cannot be read or does not contain a key; the message is for people
     */
    public static Optional<ApiKey> find(@Nullable Path file, @Nullable String variable) {
        if (file == null) {
            return Optional.ofNullable(variable)
                    .map(String::strip)
                    .filter(text -> !text.isEmpty())
                    .map(ApiKey::new);
        }
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new IllegalArgumentException(file + " is too large for an API key");
            }
            return Optional.of(new ApiKey(Files.readString(file).strip()));
        } catch (IOException e) {
            throw new IllegalArgumentException("Cannot read the API key from " + file + ": " + e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return "ApiKey[...]";
    }
}
