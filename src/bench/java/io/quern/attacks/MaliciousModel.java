package io.quern.attacks;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes a copy of the demo model with other text in its metadata, as an attacker might publish it. */
final class MaliciousModel {
    private static final Path DEMO = Path.of("src/main/resources/io/quern/model/demo/demo.gguf");
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    /** Sizes in bytes by type; 0 if the size varies. */
    private static final int[] SIZES = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

    private static final int DEFAULT_ALIGNMENT = 32;
    private static final int COUNTS_AT = 8;

    private final ByteBuffer demo;
    private int alignment = DEFAULT_ALIGNMENT;

    private MaliciousModel() throws IOException {
        demo = ByteBuffer.wrap(Files.readAllBytes(DEMO)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Writes the model with this chat template to a file. */
    static Path withTemplate(Path file, String template) throws IOException {
        return Files.write(file, new MaliciousModel().with("tokenizer.chat_template", template));
    }

    private byte[] with(String key, String value) throws IOException {
        long tensors = demo.getLong(COUNTS_AT);
        long entries = demo.getLong(COUNTS_AT + Long.BYTES);
        demo.position(COUNTS_AT + 2 * Long.BYTES);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean replaced = false;
        for (long i = 0; i < entries; i++) {
            int begin = demo.position();
            String name = string();
            int type = demo.getInt();
            if (name.equals("general.alignment")) {
                alignment = demo.getInt(demo.position());
            }
            skip(type);
            if (name.equals(key)) {
                replaced = true;
            } else {
                out.write(demo.array(), begin, demo.position() - begin);
            }
        }
        write(out, key);
        out.writeBytes(little(Integer.BYTES).putInt(0, STRING).array());
        write(out, value);
        int infos = demo.position();
        for (long i = 0; i < tensors; i++) {
            string();
            int dimensions = demo.getInt();
            demo.position(demo.position() + dimensions * Long.BYTES + Integer.BYTES + Long.BYTES);
        }
        out.write(demo.array(), infos, demo.position() - infos);
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.write(demo.array(), 0, COUNTS_AT);
        whole.writeBytes(little(2 * Long.BYTES)
                .putLong(tensors)
                .putLong(entries + (replaced ? 0 : 1))
                .array());
        whole.writeBytes(out.toByteArray());
        whole.writeBytes(new byte[padding(whole.size())]);
        int data = demo.position() + padding(demo.position());
        whole.write(demo.array(), data, demo.capacity() - data);
        return whole.toByteArray();
    }

    private int padding(int size) {
        return Math.floorMod(-size, alignment);
    }

    private String string() {
        byte[] bytes = new byte[(int) demo.getLong()];
        demo.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private void skip(int type) {
        if (type == STRING) {
            string();
        } else if (type == ARRAY) {
            int of = demo.getInt();
            for (long left = demo.getLong(); left > 0; left--) {
                skip(of);
            }
        } else {
            demo.position(demo.position() + SIZES[type]);
        }
    }

    private static void write(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeBytes(little(Long.BYTES).putLong(0, bytes.length).array());
        out.writeBytes(bytes);
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
