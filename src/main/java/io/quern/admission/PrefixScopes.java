package io.quern.admission;

import io.quern.pool.PrefixScope;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Names the prefix scopes of requests. A name is a digest with a random salt, which only this engine knows and which
 * ends with it. Workers compare names and learn nothing about clients. Thread-safe.
 */
final class PrefixScopes {
    private static final int SALT_BYTES = 32;
    private static final int NAME_BYTES = 16;

    private final PrefixReuse reuse;
    private final byte[] salt = new byte[SALT_BYTES];

    PrefixScopes(PrefixReuse reuse) {
        this.reuse = reuse;
        new SecureRandom().nextBytes(salt);
    }

    PrefixScope of(Submission submission) {
        return switch (reuse) {
            case CLIENT ->
                named(
                        "client",
                        submission.client(),
                        submission.request().sharing().cacheSalt());
            case SHARED -> named("shared", "", submission.request().sharing().cacheSalt());
            case NONE -> PrefixScope.NONE;
        };
    }

    private PrefixScope named(String... parts) {
        MessageDigest digest = sha256();
        digest.update(salt);
        for (String part : parts) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            // with its length, so that two different lists of parts never have the same bytes
            digest.update(
                    ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
            digest.update(bytes);
        }
        return new PrefixScope(HexFormat.of().formatHex(digest.digest(), 0, NAME_BYTES));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
