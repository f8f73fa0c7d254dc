package io.quern.openai;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The keys that open the API; where there are none it is open. */
final class ApiKeys {
    private static final Pattern BEARER = Pattern.compile("bearer +(\\S+) *", Pattern.CASE_INSENSITIVE);

    private final List<byte[]> digests;

    ApiKeys(Collection<String> keys) {
        digests = keys.stream().map(String::strip).map(ApiKeys::digest).toList();
    }

    /** @param authorization the header's value, or null */
    boolean admit(String authorization) {
        if (digests.isEmpty()) {
            return true;
        }
        Matcher bearer = BEARER.matcher(authorization == null ? "" : authorization);
        return bearer.matches() && isKnown(digest(bearer.group(1)));
    }

    static ApiError refusal() {
        return ApiError.of(
                401,
                ApiError.INVALID_REQUEST,
                "invalid_api_key",
                "the API key is missing or unknown; send it as Authorization: Bearer KEY");
    }

    /** Looks at every key and compares digests, so that the time taken tells neither a key's start nor its length. */
    private boolean isKnown(byte[] digest) {
        boolean known = false;
        for (byte[] key : digests) {
            known |= MessageDigest.isEqual(key, digest);
        }
        return known;
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
