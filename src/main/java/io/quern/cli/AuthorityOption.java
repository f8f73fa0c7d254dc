package io.quern.cli;

import io.quern.client.Endpoint;
import io.quern.client.OpenAiClient;
import io.quern.store.Authorities;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option for the certificate authorities of a service with https. */
final class AuthorityOption {
    @Option(
            names = "--ca-file",
            paramLabel = "FILE",
            description = "Trusts the certificate authorities in this PEM file, and no others, for https. Without it"
                    + " SSL_CERT_FILE may name such a file.")
    @Nullable
    Path file;

    /**
     * Returns a client of a service that trusts these authorities. They are read only if the service uses https.
     *
     * @throws IllegalArgumentException if the file cannot be used
     */
    OpenAiClient client(Endpoint endpoint, Duration maxSilence) {
        return new OpenAiClient(
                endpoint,
                maxSilence,
                endpoint.base().getScheme().equals("https")
                        ? Authorities.find(file, System.getenv())
                        : Optional.empty());
    }
}
