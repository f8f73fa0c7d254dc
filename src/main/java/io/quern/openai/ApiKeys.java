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

/** The keys that open the API; where there are none it is open. */
final class ApiKeys {
    private static final Pattern BEARER = Pattern.compile("bearer +(\\S+) *", Pattern.CASE_INSENSITIVE);

    /** ASCII without blanks and control characters. */
    private static final Pattern VISIBLE = Pattern.compile("[!-~]+");

    /** What surrounds a key in a request. */
    private static final String HEADER = "Authorization: Bearer \r\n";

    /** Characters of a key that nobody guesses; 16 hexadecimal digits are 64 bits. */
    private static final int STRONG = 16;

    private final List<byte[]> digests;

    ApiKeys(Collection<String> keys) {
        digests = keys.stream().map(String::strip).map(ApiKeys::digest).toList();
    }

    /**
     * Checks the setting, before the API opens. No message holds a key.
     *
     * @param keys as configured
     * @param configured whether the setting is there, even if it yields no key
     * @param maxHeaderSize what all headers of a request may take, in bytes
     * @throws ConfigurationException if the setting is there but has no key, or one that no client could send
     */
    static void check(Optional<List<String>> keys, boolean configured, long maxHeaderSize) {
        check(OpenAiConfig.API_KEYS, keys, configured, maxHeaderSize);
    }

    /** The same for another setting. */
    static void check(String setting, Optional<List<String>> keys, boolean configured, long maxHeaderSize) {
        List<String> all = keys.orElse(List.of());
        if (configured && all.isEmpty()) {
            throw new ConfigurationException(setting
                    + " holds no key. Give it at least one, or remove the setting, which opens it to everyone.");
        }
        for (int i = 0; i < all.size(); i++) {
            String key = all.get(i).strip();
            if (!VISIBLE.matcher(key).matches()) {
                throw new ConfigurationException(setting + ": no client can send key " + (i + 1) + " of "
                        + all.size()
                        + ", because it is empty or has blanks, control characters or characters beyond ASCII in it");
            }
            if (HEADER.length() + key.length() > maxHeaderSize) {
                throw new ConfigurationException(setting + ": no client can send key " + (i + 1) + " of "
                        + all.size() + ", because its " + key.length()
                        + " characters do not fit into quarkus.http.limits.max-header-size (" + maxHeaderSize
                        + " bytes)");
            }
        }
    }

    /** Whether any source of the configuration has the setting, whatever its value yields. */
    static boolean areConfigured(String setting, SmallRyeConfig config) {
        return config.getConfigValue(setting).getValue() != null
                || StreamSupport.stream(config.getPropertyNames().spliterator(), false)
                        .anyMatch(name -> name.startsWith(setting));
    }

    /**
     * Returns a warning if keys are short enough to be guessed. A valid key is always served, so only its length
     * protects it from guesses that come from many addresses. The warning holds no part of a key.
     */
    static Optional<String> weakness(List<String> keys) {
        long weak = keys.stream().filter(key -> key.strip().length() < STRONG).count();
        return weak == 0
                ? Optional.empty()
                : Optional.of(
                        "%s: %d of %d keys can be guessed, because they have fewer than %d characters. Make better ones, for example by: openssl rand -hex 24"
                                .formatted(OpenAiConfig.API_KEYS, weak, keys.size(), STRONG));
    }

    /** Whether there are keys at all; without them the API is open. */
    boolean areSet() {
        return !digests.isEmpty();
    }

    /**
     * Who asks: the holder of a key, by its place among the keys; without keys, whoever is at an address.
     *
     * @param authorization the header's value, or null
     * @param address of the connection's other end; null: unknown
     * @return empty for one who is not admitted
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
                "the API key is missing or unknown; send it as Authorization: Bearer KEY");
    }

    /** @param retryAfter when a wrong key of this address is answered by 401 again */
    static ApiError throttled(Duration retryAfter) {
        return ApiError.of(
                        429,
                        "rate_limit_error",
                        "too_many_failed_logins",
                        "too many requests with an unknown API key came from this address; a request with a valid key"
                                + " is served")
                .withRetryAfter(retryAfter)
                .withoutRetry();
    }

    private int find(@Nullable String authorization) {
        Matcher bearer = BEARER.matcher(authorization == null ? "" : authorization);
        return bearer.matches() ? find(digest(bearer.group(1))) : -1;
    }

    /** Looks at every key and compares digests, so that the time taken tells neither a key's start nor its length. */
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
