package io.quern.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The certificate authorities that https connections trust. They come from a file, or from a variable that the hub's
 * own client reads. Then no others are trusted, as with that client. Without both, they are those of the Java runtime.
 */
public final class Authorities {
    /** In the order in which the hub's own client prefers them. */
    private static final List<String> VARIABLES = List.of("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE");

    private static final Pattern BLOCK = Pattern.compile(
            "-----BEGIN (TRUSTED )?CERTIFICATE-----.*?-----END (TRUSTED )?CERTIFICATE-----", Pattern.DOTALL);

    private Authorities() {}

    /**
     * Returns what trusts the configured authorities, or empty for those of the Java runtime.
     *
     * @param file a PEM file with certificates, or null for that of the environment
     * @param environment all variables
     * @throws IllegalArgumentException if the file cannot be read or contains no certificate; the message is for people
     */
    public static Optional<SSLContext> find(@Nullable Path file, Map<String, String> environment) {
        if (file != null) {
            return Optional.of(trusting(file, "--ca-file"));
        }
        for (String variable : VARIABLES) {
            String value = environment.getOrDefault(variable, "").strip();
            if (!value.isEmpty()) {
                return Optional.of(trusting(path(value, variable), variable));
            }
        }
        return Optional.empty();
    }

    private static Path path(String value, String source) {
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw unusable(source, value, "it is not a valid path (" + e.getReason() + ")", e);
        }
    }

    private static SSLContext trusting(Path file, String source) {
        try {
            if (Files.isDirectory(file)) {
                throw unusable(source, file, "it is a folder", null);
            }
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            Matcher blocks = BLOCK.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
            while (blocks.find()) {
                trusted.setCertificateEntry(Integer.toString(trusted.size()), certificate(blocks.group()));
            }
            if (trusted.size() == 0) {
                throw unusable(source, file, "it contains no certificate in PEM format", null);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException e) {
            throw unusable(source, file, "it cannot be read (" + e + ")", e);
        } catch (GeneralSecurityException e) {
            throw unusable(source, file, "a certificate in it is damaged (" + e.getMessage() + ")", e);
        }
    }

    private static Certificate certificate(String block) throws GeneralSecurityException {
        // OpenSSL's trusted certificates begin like others, and end with data that only OpenSSL reads
        byte[] pem = block.replace("TRUSTED ", "").getBytes(StandardCharsets.ISO_8859_1);
        return CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem));
    }

    private static IllegalArgumentException unusable(
            String source, Object file, String why, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "Cannot use the certificates of " + source + " (" + file + "): " + why
                        + ". Name a file with the certificates of the authorities to trust, in PEM format.",
                cause);
    }
}
