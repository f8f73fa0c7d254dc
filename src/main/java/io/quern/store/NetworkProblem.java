package io.quern.store;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/** Words for people for what the network does. */
final class NetworkProblem {
    private NetworkProblem() {}

    static String describe(IOException problem) {
        for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
            String text = known(cause);
            if (text != null) {
                return text;
            }
        }
        if (problem instanceof ConnectException) {
            return "the connection was refused or failed";
        }
        String message = problem.getMessage();
        return message == null ? "the connection broke" : "the connection broke (" + message + ")";
    }

    private static @Nullable String known(Throwable cause) {
        return switch (cause) {
            case Retries.BusyException e -> e.getMessage();
            case HttpConnectTimeoutException e -> "the connection was not established in time";
            case HttpTimeoutException e -> "the server did not answer in time";
            case UnresolvedAddressException e -> "the name of the server cannot be resolved";
            case UnknownHostException e -> "the name " + e.getMessage() + " cannot be resolved";
            case ClosedChannelException e -> null;
            case ConnectException e
            when e.getMessage() != null -> "the connection was refused or failed (" + e.getMessage() + ")";
            case SSLHandshakeException e ->
                "the TLS connection failed (" + e.getMessage()
                        + "). If the server has a certificate of an authority of your own, name it in SSL_CERT_FILE";
            case SSLException e -> "the TLS connection failed (" + e.getMessage() + ")";
            case EOFException e -> "the server closed the connection early";
            default -> null;
        };
    }
}
