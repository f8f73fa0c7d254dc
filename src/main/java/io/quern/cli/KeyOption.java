package io.quern.cli;

import io.quern.client.ApiKey;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option for the key of a service. There is no option for the key itself, because others could see it. */
final class KeyOption {
    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = "Reads the API key from this file. Without it the key comes from QUERN_API_KEY.")
    Path file;

    /** @throws IllegalArgumentException if there is no usable key in the file or variable */
    Optional<ApiKey> find() {
        return ApiKey.find(file, System.getenv(ApiKey.VARIABLE));
    }
}
