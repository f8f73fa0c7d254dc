package io.quern.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/**
 * A service that speaks the OpenAI API.
 *
 * @param base the URL that the paths of the API follow, such as {@code http://127.0.0.1:8080/v1}
 * @param key sent with every request
 */
public record Endpoint(URI base, Optional<ApiKey> key) {
    private static final String VERSION = "/v1";

    /**
     * Reads what people type: a missing scheme means http, and a missing path means {@code /v1}.
     *
     * @throws IllegalArgumentException if this is no URL of a service; the message is for people
     */
    public static Endpoint of(String url, Optional<ApiKey> key) {
        URI typed = http(url);
        String path = typed.getPath().replaceAll("/+$", "");
        return new Endpoint(
                URI.create(typed.getScheme() + "://" + typed.getRawAuthority() + (path.isEmpty() ? VERSION : path)),
                key);
    }

    /**
     * Reads a URL with the scheme http or https; a missing scheme means http.
     *
     * @throws IllegalArgumentException if it is something else; the message is for people
     */
    public static URI http(String url) {
        String whole = url.contains("://") ? url : "http://" + url;
        try {
            URI uri = new URI(whole);
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (!web || uri.getHost() == null) {
                throw new IllegalArgumentException(url + " is not the URL of a service, such as http://localhost:8080");
            }
            if (uri.getUserInfo() != null) {
                throw new IllegalArgumentException("The URL contains a user or a password, which others can see in the"
                        + " list of processes. Pass a key in " + ApiKey.VARIABLE + " or by --api-key-file.");
            }
            return uri;
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(url + " is not a URL: " + e.getReason(), e);
        }
    }

    /** Returns the URL of a path below the base, such as {@code /models}. */
    URI resolve(String path) {
        return URI.create(base + path);
    }
}
