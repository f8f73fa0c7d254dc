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
 * Keeps pages of other sites out of an engine without API keys: it serves whoever reaches it, and a browser reaches
 * what its user reaches. Such a page sends requests with its own origin, or makes a name of its own point to the
 * engine's address (DNS rebinding); then the name is the host that the browser asks for. Other clients than browsers
 * are not concerned. With API keys neither works, as no page knows one.
 *
 * @param active whether no keys are set
 * @param corsDecides whether Quarkus' CORS filter is on, which has refused the origins that it does not allow
 * @param allowed names in lower case, {@code *.name} for all below one, {@code *} for all
 */
record Browsers(boolean active, boolean corsDecides, List<String> allowed) {
    private static final String CORS = "quarkus.http.cors.enabled";

    /** Nobody can own these on the Internet. */
    private static final List<String> LOCAL = List.of(".localhost", ".local", ".internal");

    static Browsers of(OpenAiConfig config, Config all) {
        return new Browsers(
                config.apiKeys().orElse(List.of()).isEmpty(),
                all.getOptionalValue(CORS, Boolean.class).orElse(false),
                config.allowedHosts().orElse(List.of()).stream()
                        .map(name -> name.strip().toLowerCase(Locale.ROOT))
                        .toList());
    }

    /** Empty for a request that may be served. */
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
                    "a browser asked for the host " + (asked == null ? "\"\"" : Excerpt.quoted(asked.host()))
                            + ", by which an engine without API keys is not served, as any web page could point such a"
                            + " name here (DNS rebinding). Add it to quern.openai.allowed-hosts, or set"
                            + " quern.openai.api-keys"));
        }
        if (corsDecides || isOfThisHost(origin, asked, headers, request.method())) {
            return Optional.empty();
        }
        return Optional.of(ApiError.of(
                403,
                INVALID_REQUEST,
                "origin_not_allowed",
                "a web page of another origin (" + (origin == null ? "cross-site" : Excerpt.quoted(origin))
                        + ") asked an engine without API keys. Allow it by quarkus.http.cors.enabled=true and"
                        + " quarkus.http.cors.origins, or set quern.openai.api-keys"));
    }

    /** Browsers tell it by these headers, to plain HTTP and other names than localhost only by the last one. */
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

    /** The scheme is not compared: a proxy may have ended TLS. */
    private static boolean isOfThisHost(
            @Nullable String origin, HostAndPort asked, MultiMap headers, HttpMethod method) {
        if (origin == null) {
            String site = headers.get("sec-fetch-site");
            // a link or an address that was typed; with another method browsers name the origin
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
                    // without one it is the scheme's, or a proxy has dropped it
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
