package io.quern.fork;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message between engine and launcher (see src/main/c/server.c): a length of four bytes, most significant first,
 * then fields that each end in a NUL. Pure.
 */
record ControlMessage(List<String> fields) {
    static final int MAX_BYTES = 1 << 20;

    static ControlMessage of(String... fields) {
        return new ControlMessage(List.of(fields));
    }

    /** Returns this message with an appended list: a count, then as many fields. */
    ControlMessage with(Collection<String> list) {
        List<String> all = new ArrayList<>(fields);
        all.add(Integer.toString(list.size()));
        all.addAll(list);
        return new ControlMessage(all);
    }

    String verb() {
        return fields.getFirst();
    }

    /** @throws IOException if there is no such field */
    String field(int index) throws IOException {
        if (index >= fields.size()) {
            throw new IOException("a message from the launcher lacks fields: " + fields);
        }
        return fields.get(index);
    }

    /** @throws IOException if there is no such field, or it is not a whole number */
    long number(int index) throws IOException {
        try {
            return Long.parseLong(field(index));
        } catch (NumberFormatException e) {
            throw new IOException("a message from the launcher has a field that must be a number: " + fields, e);
        }
    }

    /** @throws IllegalArgumentException if a field contains a NUL or the message is too large */
    ByteBuffer encode() {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (String field : fields) {
            if (field.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("an argument or a variable for a worker contains a NUL");
            }
            body.writeBytes(field.getBytes(StandardCharsets.UTF_8));
            body.write(0);
        }
        if (body.size() > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "arguments and environment of a worker take " + body.size() + " bytes; the limit is " + MAX_BYTES);
        }
        return ByteBuffer.allocate(Integer.BYTES + body.size())
                .putInt(body.size())
                .put(body.toByteArray())
                .flip();
    }

    /**
     * Waits for the next message.
     *
     * @return the message, or null at the end of the stream
     * @throws IOException if the stream ends inside a message, or the message is invalid
     */
    static @Nullable ControlMessage read(InputStream stream) throws IOException {
        DataInputStream in = new DataInputStream(stream);
        int size;
        try {
            size = in.readInt();
        } catch (EOFException e) {
            return null;
        }
        if (size <= 0 || size > MAX_BYTES) {
            throw new IOException("a message from the launcher has " + size + " bytes");
        }
        byte[] body = new byte[size];
        in.readFully(body);
        if (body[size - 1] != 0) {
            throw new IOException("a message from the launcher is cut off");
        }
        String text = new String(body, 0, size - 1, StandardCharsets.UTF_8);
        return new ControlMessage(Arrays.asList(text.split("\0", -1)));
    }
}
