package io.quern.faults;

import io.quern.bench.Service;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;

/** Requests a long stream over a plain socket, so that a test decides when to read and how to disconnect. */
final class RawClient {
    private static final int TOKENS = 1500;

    /** Bytes that this side buffers: few, so that the engine holds the rest of an unread answer. */
    private static final int RECEIVE_BUFFER = 2048;

    private RawClient() {}

    static Socket sendRequest(Service service) throws IOException {
        URI uri = service.uri("/v1/chat/completions");
        byte[] body = new StreamRequest("Somebody asks: are you there?", TOKENS, 0, 0).body();
        Socket socket = new Socket();
        // Must be set before it connects, because it bounds the window.
        socket.setReceiveBufferSize(RECEIVE_BUFFER);
        socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), (int) Engine.TIMEOUT.toMillis());
        socket.getOutputStream()
                .write("POST %s HTTP/1.1\r\nhost: %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                        .formatted(uri.getPath(), uri.getAuthority(), body.length)
                        .getBytes());
        socket.getOutputStream().write(body);
        return socket;
    }
}
