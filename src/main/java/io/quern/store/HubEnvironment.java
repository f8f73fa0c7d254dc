package io.quern.store;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the environment says about the hub, in the variables of the hub's own client.
 *
 * @param endpoint without a slash at its end
 * @param offline whether the hub must not be asked
 * @param cache the folder in which the hub's own client keeps downloaded files
 * @param variables all variables, for the proxies
 */
record HubEnvironment(URI endpoint, Optional<Token> token, boolean offline, Path cache, Map<String, String> variables) {
    private static final String DEFAULT_ENDPOINT = "https://huggingface.co";
    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

    static HubEnvironment ofThisProcess() {
        return of(System.getenv(), Path.of(System.getProperty("user.home", "/")));
    }

    /**
     * Reads the variables.
     *
     * @throws StoreException if {@code HF_ENDPOINT} is not the URL of a server
     */
    static HubEnvironment of(Map<String, String> variables, Path userHome) {
        Path home = path(variables, "HF_HOME", userHome).orElseGet(() -> path(variables, "XDG_CACHE_HOME", userHome)
                .orElse(userHome.resolve(".cache"))
                .resolve("huggingface"));
        return new HubEnvironment(
                endpoint(variables.getOrDefault("HF_ENDPOINT", "")),
                Token.find(variables, path(variables, "HF_TOKEN_PATH", userHome).orElse(home.resolve("token"))),
                isTrue(variables, "HF_HUB_OFFLINE") || isTrue(variables, "TRANSFORMERS_OFFLINE"),
                path(variables, "HF_HUB_CACHE", userHome)
                        .or(() -> path(variables, "HUGGINGFACE_HUB_CACHE", userHome))
                        .orElse(home.resolve("hub")),
                Map.copyOf(variables));
    }

    private static boolean isTrue(Map<String, String> variables, String name) {
        return TRUE.contains(variables.getOrDefault(name, "").toUpperCase(Locale.ROOT));
    }

    private static Optional<Path> path(Map<String, String> variables, String name, Path userHome) {
        String text = variables.getOrDefault(name, "").strip();
        if (text.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                text.equals("~") || text.startsWith("~/")
                        ? userHome.resolve(text.substring(Math.min(2, text.length())))
                        : Path.of(text).toAbsolutePath());
    }

    private static URI endpoint(String configured) {
        String text =
                configured.isBlank() ? DEFAULT_ENDPOINT : configured.strip().replaceFirst("/+$", "");
        try {
            URI uri = new URI(text);
            String scheme = String.valueOf(uri.getScheme());
            if (uri.getHost() != null
                    && (scheme.equals("https") || scheme.equals("http"))
                    && uri.getRawUserInfo() == null
                    && uri.getRawQuery() == null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // reported below
        }
        throw new StoreException(
                StoreProblem.INVALID_REFERENCE,
                "Cannot use the hub: HF_ENDPOINT is not the URL of a server. Set it to a URL such as "
                        + DEFAULT_ENDPOINT + ", without user and query.");
    }

    /** Whether a URL belongs to the endpoint: same scheme, host and port. */
    boolean isEndpoint(URI uri) {
        return endpoint.getScheme().equalsIgnoreCase(uri.getScheme())
                && endpoint.getHost().equalsIgnoreCase(uri.getHost())
                && port(endpoint) == port(uri);
    }

    /**
     * Returns the token that a request to a URL carries. Only the endpoint gets it, and only where nobody can read it
     * on the way.
     */
    Optional<Token> tokenFor(URI uri) {
        return isEndpoint(uri) && isPrivate(uri) ? token : Optional.empty();
    }

    /** Whether the endpoint never gets the token because the connection is not encrypted. */
    boolean withholdsToken() {
        return token.isPresent() && !isPrivate(endpoint);
    }

    private static boolean isPrivate(URI uri) {
        return uri.getScheme().equalsIgnoreCase("https") || Loopback.is(uri.getHost());
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
    }
}
