package io.quern.openai;

import static io.quern.openai.ApiError.INVALID_REQUEST;

import io.netty.util.NetUtil;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;

/**
 * Protects an engine without API keys from web pages of other sites: the engine serves everyone who reaches it, and a
 * browser reaches everything that its user reaches. Such a page sends its own origin with its requests, or points a
 * name of its own to the engine's address (DNS rebinding). In the second case the browser sends that name as the host.
 * Clients other than browsers are not affected. With API keys both attacks fail, because no page knows a key.
 *
 * @param active whether no keys are set
 * @param corsDecides whether Quarkus' CORS filter is on, which has already refused origins that it does not allow
 * @param allowed names in lower case; {@code *.name} for all names below one, {@code *} for all
 */
record Browsers(boolean active, boolean corsDecides, List<String> allowed) {
    private static final String CORS = "quarkus.http.cors.enabled";

    /** Nobody can own names below these on the Internet. */
    private static final List<String> LOCAL = List.of(".localhost", ".local", ".internal");

    static Browsers of(OpenAiConfig config, Config all) {
        return new Browsers(
                config.apiKeys().orElse(List.of()).isEmpty(),
                all.getOptionalValue(CORS, Boolean.class).orElse(false),
                config.allowedHosts().orElse(List.of()).stream()
                        .map(name -> name.strip().toLowerCase(Locale.ROOT))
                        .toList());
    }

    /** Returns why the request is refused, or empty if it may be served. */
    Optional<ApiError> refusal(HttpServerRequest request) {
        if (!active) {
            return Optional.empty();
        }
        MultiMap headers = request.headers();
        String origin = headers.get("origin");
        HostAndPort asked = request.authority();
        if (origin == null && !isBrowser(headers)) {
            return Optional.empty();
        }
        if (asked == null || !isAllowed(asked.host().toLowerCase(Locale.ROOT))) {
            return Optional.of(ApiError.of(
                    403,
                    INVALID_REQUEST,
                    "host_not_allowed",
                    "A browser sent the host name " + (asked == null ? "\"\"" : Excerpt.quoted(asked.host()))
                            + ", which an engine without API keys refuses: any web page could point such a name here"
                            + " (DNS rebinding). Add the name to quern.openai.allowed-hosts, or set"
                            + " quern.openai.api-keys."));
        }
        if (corsDecides || isOfThisHost(origin, asked, headers, request.method())) {
            return Optional.empty();
        }
        return Optional.of(ApiError.of(
                403,
                INVALID_REQUEST,
                "origin_not_allowed",
                "A web page of another origin (" + (origin == null ? "cross-site" : Excerpt.quoted(origin))
                        + ") sent this request, and the engine has no API keys. Allow the origin with"
                        + " quarkus.http.cors.enabled=true and quarkus.http.cors.origins, or set"
                        + " quern.openai.api-keys."));
    }

    /**
     * Returns whether a browser sent these headers. Over plain HTTP to names other than localhost, browsers identify
     * themselves only by User-Agent.
     */
    private static boolean isBrowser(MultiMap headers) {
        if (headers.contains("sec-fetch-site")) {
            return true;
        }
        String agent = headers.get("user-agent");
        return agent != null && agent.startsWith("Mozilla/");
    }

    private boolean isAllowed(String host) {
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        return !name.contains(".")
                || name.startsWith("[")
                || NetUtil.isValidIpV4Address(name)
                || LOCAL.stream().anyMatch(name::endsWith)
                || allowed.stream()
                        .anyMatch(one -> one.equals("*")
                                || one.equals(name)
                                || one.startsWith("*.") && name.endsWith(one.substring(1)));
    }

    /** Compares host and port, but not the scheme, because a proxy may have ended TLS. */
    private static boolean isOfThisHost(
            @Nullable String origin, HostAndPort asked, MultiMap headers, HttpMethod method) {
        if (origin == null) {
            String site = headers.get("sec-fetch-site");
            // a link, or an address that somebody typed; with other methods browsers send the origin
            return method == HttpMethod.GET
                    || method == HttpMethod.HEAD
                    || site == null
                    || site.equals("same-origin")
                    || site.equals("none");
        }
        try {
            URI from = URI.create(origin);
            return from.getHost() != null
                    && from.getHost().equalsIgnoreCase(asked.host())
                    // without a port it is the scheme's, or a proxy has dropped it
                    && (asked.port() < 0 || port(from) == asked.port());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static int port(URI origin) {
        if (origin.getPort() >= 0) {
            return origin.getPort();
        }
        return "https".equalsIgnoreCase(origin.getScheme()) ? 443 : 80;
    }
}
