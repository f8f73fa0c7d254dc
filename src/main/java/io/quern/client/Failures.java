package io.quern.client;

import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/** Puts failed requests into words. */
final class Failures {
    private static final int OK = 200;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;

    private Failures() {}

    /** @throws ClientException if the status is not 200 */
    static void check(Endpoint endpoint, HttpResponse<String> response) throws ClientException {
        int status = response.statusCode();
        if (status == OK) {
            return;
        }
        String text = ErrorText.of(response.body());
        switch (status) {
            case UNAUTHORIZED, FORBIDDEN ->
                throw new ClientException(
                        ClientException.Kind.UNAUTHORIZED,
                        status,
                        endpoint.base() + " refuses the request (" + status + "): " + text
                                + (endpoint.key().isPresent()
                                        ? ""
                                        : ". Pass a key in " + ApiKey.VARIABLE + " or by --api-key-file."),
                        null);
            case NOT_FOUND ->
                throw new ClientException(
                        ClientException.Kind.REFUSED,
                        status,
                        "The service answered 404: " + text + " (" + endpoint.base() + ")",
                        null);
            default ->
                throw new ClientException(
                        ClientException.Kind.REFUSED, status, "The service answered " + status + ": " + text, null);
        }
    }

    /** @param error what the HTTP client has thrown */
    static ClientException of(Endpoint endpoint, @Nullable Throwable error) {
        return switch (error) {
            case HttpConnectTimeoutException e -> unreachable(endpoint, "it does not answer", e);
            case HttpTimeoutException e ->
                new ClientException(
                        ClientException.Kind.SILENT, 0, endpoint.base() + " does not answer in time (--timeout).", e);
            case ConnectException e ->
                unreachable(
                        endpoint,
                        hasCause(e, UnresolvedAddressException.class)
                                ? "its name is unknown"
                                : e.getMessage() == null ? "connection refused" : e.getMessage(),
                        e);
            case SSLHandshakeException e ->
                unreachable(
                        endpoint,
                        "TLS failed: " + e.getMessage()
                                + ". If its certificate is of an authority of your own, pass that by --ca-file",
                        e);
            case SSLException e -> unreachable(endpoint, "TLS failed: " + e.getMessage(), e);
            case null, default ->
                new ClientException(
                        ClientException.Kind.BROKEN,
                        0,
                        "The connection to " + endpoint.base() + " broke: "
                                + (error == null || error.getMessage() == null ? error : error.getMessage()),
                        error);
        };
    }

    private static ClientException unreachable(Endpoint endpoint, String why, Throwable cause) {
        return new ClientException(
                ClientException.Kind.UNREACHABLE, 0, "Cannot reach " + endpoint.base() + ": " + why + ".", cause);
    }

    private static boolean hasCause(Throwable error, Class<? extends Throwable> type) {
        for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }
}
