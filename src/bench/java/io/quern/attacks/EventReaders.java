package io.quern.attacks;

import io.quern.bench.Service;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Clients at one address open more event streams of the pool than the engine allows. */
final class EventReaders implements Attack {
    private static final int READERS = 40;
    private static final int TIMEOUT_MILLIS = 5_000;

    @Override
    public String name() {
        return "event-readers";
    }

    @Override
    public String tries() {
        return READERS + " clients at one address read the pool's events."
                + " A client at another address should still be served.";
    }

    @Override
    public Finding run(Target target) throws IOException {
        Victim victim = target.shared();
        List<Socket> readers = new ArrayList<>();
        try {
            for (int i = 0; i < READERS; i++) {
                readers.add(read(victim, "127.0.0.1"));
            }
            Socket other = read(victim, "127.0.0.2");
            readers.add(other);
            String answer = new String(other.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            return Finding.of(answer.endsWith("200"), "the reader from another address got '%s'", answer);
        } finally {
            for (Socket reader : readers) {
                reader.close();
            }
            Service.pause(Duration.ofMillis(200));
        }
    }

    private static Socket read(Victim victim, String from) throws IOException {
        URI events = victim.management("/q/quern/pool/events");
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(new InetSocketAddress("127.0.0.1", events.getPort()), TIMEOUT_MILLIS);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.getOutputStream()
                .write("GET /q/quern/pool/events HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }
}
