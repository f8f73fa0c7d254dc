package io.quern.faults;

import io.quern.bench.Service;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;

/** A client that asks for a long stream and may do what it likes then. */
final class RawClient {
    private static final int TOKENS = 1500;

    /** Of what it has not read; so that the engine, not this side's kernel, holds the rest. */
    private static final int RECEIVE_BUFFER = 2048;

    private RawClient() {}

    static Socket ask(Service service) throws IOException {
        URI uri = service.uri("/v1/chat/completions");
        byte[] body = new StreamRequest("Somebody asks: are you there?", TOKENS, 0, 0).body();
        Socket socket = new Socket();
        // before it connects: it bounds the window
        socket.setReceiveBufferSize(RECEIVE_BUFFER);
        socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), (int) Engine.PATIENCE.toMillis());
        socket.getOutputStream()
                .write("POST %s HTTP/1.1\r\nhost: %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                        .formatted(uri.getPath(), uri.getAuthority(), body.length)
                        .getBytes());
        socket.getOutputStream().write(body);
        return socket;
    }
}
