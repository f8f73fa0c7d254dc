package io.quern.store;

import io.quern.threads.EngineThreads;
import java.io.IOException;
import java.io.InputStream;
import java.net.Authenticator;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import javax.net.ssl.SSLContext;

/**
 * Sends requests and follows redirects. The hub's token goes to the hub only: each request of a chain of redirects is
 * checked anew. Thread-safe.
 */
final class Http implements AutoCloseable {
    private static final int MOST_REDIRECTS = 10;

    private final HubEnvironment environment;
    private final Duration readTimeout;
    private final HttpClient client;
    private final ScheduledExecutorService stallTimer;

    Http(HubEnvironment environment, StoreConfig config) {
        this.environment = environment;
        this.readTimeout = config.readTimeout();
        EnvironmentProxies proxies = new EnvironmentProxies(environment.variables());
        Authenticator authenticator = proxies.authenticator();
        HttpClient.Builder builder = HttpClient.newBuilder()
                // with HTTP/2 all parts of a file would share one connection
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(config.connectTimeout())
                .proxy(proxies);
        if (authenticator != null) {
            builder.authenticator(authenticator);
        }
        authorities(environment).ifPresent(builder::sslContext);
        this.client = builder.build();
        this.stallTimer = Executors.newSingleThreadScheduledExecutor(
                EngineThreads.daemon("quern-download-timer").factory());
    }

    private static Optional<SSLContext> authorities(HubEnvironment environment) {
        try {
            return Authorities.find(null, environment.variables());
        } catch (IllegalArgumentException e) {
            throw new StoreException(StoreProblem.UNREACHABLE, String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Requests a file or a list and follows redirects. The caller closes the reply.
     *
     * @throws IOException if the server cannot be reached or does not answer in time
     * @throws StoreException if a redirect must not be followed
     */
    Reply get(URI uri, Map<String, String> headers) throws IOException, InterruptedException {
        return send("GET", uri, headers, true);
    }

    /** Requests the headers of a file. Redirects are followed to the same server only, others are returned. */
    Reply head(URI uri) throws IOException, InterruptedException {
        return send("HEAD", uri, Map.of(), false);
    }

    private Reply send(String method, URI first, Map<String, String> headers, boolean everywhere)
            throws IOException, InterruptedException {
        URI uri = first;
        for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
            Reply reply = send(method, uri, headers);
            URI next = reply.redirect();
            if (next == null || !everywhere && !next.getAuthority().equals(uri.getAuthority())) {
                return reply;
            }
            reply.close();
            requireSafe(uri, next);
            uri = next;
        }
        throw new StoreException(
                StoreProblem.SERVER_ERROR,
                "Cannot download from " + first.getHost() + ": it redirects more than " + MOST_REDIRECTS
                        + " times. Try again later.");
    }

    private Reply send(String method, URI uri, Map<String, String> headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(readTimeout)
                .header("User-Agent", "quern")
                // compressed ranges would not be ranges of the file
                .header("Accept-Encoding", "identity");
        headers.forEach(request::header);
        environment.tokenFor(uri).ifPresent(token -> request.header("Authorization", token.header()));
        HttpResponse<InputStream> response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        return new Reply(response, readTimeout, stallTimer);
    }

    private static void requireSafe(URI from, URI to) {
        if (!to.getScheme().equalsIgnoreCase("https")
                && (!to.getScheme().equalsIgnoreCase("http") || from.getScheme().equalsIgnoreCase("https"))) {
            throw new StoreException(
                    StoreProblem.SERVER_ERROR,
                    "Cannot download from " + from.getHost() + ": it redirects from https to " + to.getScheme()
                            + ", where anybody on the way could change the model. Use another server.");
        }
    }

    @Override
    public void close() {
        stallTimer.shutdownNow();
        client.shutdownNow();
    }
}
