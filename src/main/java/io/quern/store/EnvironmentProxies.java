package io.quern.store;

import java.io.IOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Selects proxies by the usual variables: {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code ALL_PROXY} and
 * {@code NO_PROXY}, in upper or lower case. This machine itself is never reached by a proxy. Immutable.
 */
final class EnvironmentProxies extends ProxySelector {
    /** Without it, the HTTP client of the JDK sends no password to a proxy for https. */
    private static final String TUNNEL_SCHEMES = "jdk.http.auth.tunneling.disabledSchemes";

    private static final int DEFAULT_PORT = 80;

    private final Map<String, String> variables;

    EnvironmentProxies(Map<String, String> variables) {
        this.variables = variables;
    }

    @Override
    public List<Proxy> select(URI uri) {
        return proxy(uri)
                .map(proxy -> List.of(new Proxy(
                        Proxy.Type.HTTP,
                        // the client resolves the name itself
                        InetSocketAddress.createUnresolved(
                                proxy.getHost(), proxy.getPort() < 0 ? DEFAULT_PORT : proxy.getPort()))))
                .orElse(List.of(Proxy.NO_PROXY));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // the request fails too, and reports it
    }

    /**
     * Returns the proxy for a URL.
     *
     * @throws StoreException if a variable does not name a proxy that can be used
     */
    Optional<URI> proxy(URI uri) {
        if (Loopback.is(uri.getHost()) || isExcluded(uri)) {
            return Optional.empty();
        }
        String variable = uri.getScheme().equalsIgnoreCase("https") ? "HTTPS_PROXY" : "HTTP_PROXY";
        return variable(variable).map(text -> proxy(variable, text)).or(() -> variable("ALL_PROXY")
                .map(text -> proxy("ALL_PROXY", text)));
    }

    /** Returns what answers a proxy that asks for a password, or null if no variable contains one. */
    @Nullable
    Authenticator authenticator() {
        boolean password = List.of("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY").stream()
                .anyMatch(name ->
                        variable(name).filter(text -> text.contains("@")).isPresent());
        if (!password) {
            return null;
        }
        if (System.getProperty(TUNNEL_SCHEMES) == null) {
            System.setProperty(TUNNEL_SCHEMES, "");
        }
        return new Authenticator() {
            @Override
            protected @Nullable PasswordAuthentication getPasswordAuthentication() {
                return getRequestorType() == RequestorType.PROXY ? password(getRequestingHost()) : null;
            }
        };
    }

    private @Nullable PasswordAuthentication password(String host) {
        return List.of("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY").stream()
                .flatMap(name -> variable(name).map(text -> proxy(name, text)).stream())
                .filter(proxy -> proxy.getHost().equalsIgnoreCase(host) && proxy.getRawUserInfo() != null)
                .findFirst()
                .map(proxy -> {
                    String[] parts = proxy.getRawUserInfo().split(":", 2);
                    return new PasswordAuthentication(
                            decoded(parts[0]),
                            decoded(parts.length > 1 ? parts[1] : "").toCharArray());
                })
                .orElse(null);
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private Optional<String> variable(String name) {
        String lower = variables.getOrDefault(name.toLowerCase(Locale.ROOT), "").strip();
        String value = lower.isEmpty() ? variables.getOrDefault(name, "").strip() : lower;
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    private static URI proxy(String variable, String text) {
        try {
            URI uri = new URI(text.contains("://") ? text : "http://" + text);
            if (uri.getHost() != null && "http".equalsIgnoreCase(uri.getScheme())) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // reported below, without the value, which may contain a password
        }
        throw new StoreException(
                StoreProblem.UNREACHABLE,
                "Cannot use the proxy that " + variable + " names: Quern supports HTTP proxies only. Set " + variable
                        + " to http://HOST:PORT, or exclude the host with NO_PROXY.");
    }

    private boolean isExcluded(URI uri) {
        String host = uri.getHost().toLowerCase(Locale.ROOT);
        for (String entry :
                variable("NO_PROXY").orElse("").toLowerCase(Locale.ROOT).split("[,\\s]+")) {
            String name = entry.replaceFirst("^\\*?\\.", "");
            int colon = name.lastIndexOf(':');
            boolean withPort = colon > 0 && name.indexOf(':') == colon;
            if (withPort && !name.substring(colon + 1).equals(Integer.toString(port(uri)))) {
                continue;
            }
            String bare = withPort ? name.substring(0, colon) : name;
            if (AddressRange.contains(entry, host) || host.equals("[" + entry + "]")) {
                return true;
            }
            if (entry.equals("*") || !bare.isEmpty() && (host.equals(bare) || host.endsWith("." + bare))) {
                return true;
            }
        }
        return false;
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
    }
}
