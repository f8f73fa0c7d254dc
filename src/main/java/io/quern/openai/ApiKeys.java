package io.quern.openai;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.SmallRyeConfig;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Holds the keys that clients may use. Without keys the API is open to everyone. */
final class ApiKeys {
    private static final Pattern BEARER = Pattern.compile("bearer +(\\S+) *", Pattern.CASE_INSENSITIVE);

    /** Visible ASCII: no blanks and no control characters. */
    private static final Pattern VISIBLE = Pattern.compile("[!-~]+");

    /** The header around a key in a request. */
    private static final String HEADER = "Authorization: Bearer \r\n";

    /** Characters that a key needs so that nobody guesses it; 16 hexadecimal digits are 64 bits. */
    private static final int STRONG = 16;

    private final List<byte[]> digests;

    ApiKeys(Collection<String> keys) {
        digests = keys.stream().map(String::strip).map(ApiKeys::digest).toList();
    }

    /**
     * Checks the setting before the API opens. No message contains a key.
     *
     * @param keys as configured
     * @param configured whether the setting is present, even if it yields no key
     * @param maxHeaderSize limit for all headers of a request together, in bytes
     * @throws ConfigurationException if the setting is present but contains no key, or one that no client can send
     */
    static void check(Optional<List<String>> keys, boolean configured, long maxHeaderSize) {
        check(OpenAiConfig.API_KEYS, keys, configured, maxHeaderSize);
    }

    /** Checks another setting in the same way. */
    static void check(String setting, Optional<List<String>> keys, boolean configured, long maxHeaderSize) {
        List<String> all = keys.orElse(List.of());
        if (configured && all.isEmpty()) {
            throw new ConfigurationException(
                    setting + " contains no key. Set at least one key, or remove the setting.");
        }
        for (int i = 0; i < all.size(); i++) {
            String key = all.get(i).strip();
            if (!VISIBLE.matcher(key).matches()) {
                throw new ConfigurationException(setting + ": no client can send key " + (i + 1) + " of "
                        + all.size()
                        + ", because it is empty or contains blanks, control characters or non-ASCII characters");
            }
            if (HEADER.length() + key.length() > maxHeaderSize) {
                throw new ConfigurationException(setting + ": no client can send key " + (i + 1) + " of "
                        + all.size() + ", because its " + key.length()
                        + " characters do not fit into quarkus.http.limits.max-header-size (" + maxHeaderSize
                        + " bytes)");
            }
        }
    }

    /** Returns whether any configuration source contains the setting, whatever its value yields. */
    static boolean areConfigured(String setting, SmallRyeConfig config) {
        return config.getConfigValue(setting).getValue() != null
                || StreamSupport.stream(config.getPropertyNames().spliterator(), false)
                        .anyMatch(name -> name.startsWith(setting));
    }

    /**
     * Returns a warning if keys are short enough to be guessed. A valid key is always served, so only its length
     * protects it from guesses that come from many addresses. The warning contains no part of a key.
     */
    static Optional<String> weakness(List<String> keys) {
        long weak = keys.stream().filter(key -> key.strip().length() < STRONG).count();
        return weak == 0
                ? Optional.empty()
                : Optional.of(("%s: %d of %d keys have fewer than %d characters and can be guessed."
                                + " Generate longer ones, for example with: openssl rand -hex 24")
                        .formatted(OpenAiConfig.API_KEYS, weak, keys.size(), STRONG));
    }

    /** Returns whether there are any keys; without keys the API is open. */
    boolean areSet() {
        return !digests.isEmpty();
    }

    /**
     * Identifies the client: by the number of its API key if keys are configured, otherwise by its remote address.
     *
     * @param authorization value of the header, or null
     * @param address of the connection's other end, or null if unknown
     * @return the client, or empty if it has no valid key
     */
    Optional<String> client(@Nullable String authorization, @Nullable String address) {
        if (digests.isEmpty()) {
            return Optional.of("address " + address);
        }
        int key = find(authorization);
        return key < 0 ? Optional.empty() : Optional.of("key " + key);
    }

    static ApiError refusal() {
        return ApiError.of(
                401,
                ApiError.INVALID_REQUEST,
                "invalid_api_key",
                "The API key is missing or unknown. Send it in the header Authorization: Bearer KEY.");
    }

    /**
     * Returns the answer to an address that sent too many wrong keys.
     *
     * @param retryAfter time until a wrong key of this address gets a 401 again
     */
    static ApiError throttled(Duration retryAfter) {
        return ApiError.of(
                        429,
                        "rate_limit_error",
                        "too_many_failed_logins",
                        "Too many requests with an unknown API key came from this address."
                                + " Requests with a valid key are still served.")
                .withRetryAfter(retryAfter)
                .withoutRetry();
    }

    private int find(@Nullable String authorization) {
        Matcher bearer = BEARER.matcher(authorization == null ? "" : authorization);
        return bearer.matches() ? find(digest(bearer.group(1))) : -1;
    }

    /**
     * Compares the digests of all keys, so that the time it takes reveals neither the start of a key nor its length.
     */
    private int find(byte[] digest) {
        int found = -1;
        for (int i = 0; i < digests.size(); i++) {
            if (MessageDigest.isEqual(digests.get(i), digest)) {
                found = i;
            }
        }
        return found;
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
