package io.quern.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Cuts a model into two files, as llama.cpp's gguf-split does. */
public final class SplitModel {
    private static final int ALIGNMENT = 32;
    private static final int U16 = 2;
    private static final int I32 = 5;

    private SplitModel() {}

    /**
     * Writes the parts.
     *
     * @param prefix of their names
     * @return the first one
     */
    public static Path cut(Path model, Path folder, String prefix) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(model)).order(ByteOrder.LITTLE_ENDIAN);
        in.position(8);
        long tensors = in.getLong();
        long values = in.getLong();
        int begin = in.position();
        int end = endOfValues(in, values);
        List<TensorInfo> all = GgufMetadata.read(model).tensors();
        // the data begin behind the descriptions
        in.position(end);
        for (int i = 0; i < tensors; i++) {
            skipString(in);
            int dimensions = in.getInt();
            in.position(in.position() + 8 * dimensions + 4 + 8);
        }
        int data = Math.ceilDiv(in.position(), ALIGNMENT) * ALIGNMENT;
        int half = all.size() / 2;
        for (int part = 0; part < 2; part++) {
            Writer out = new Writer();
            List<TensorInfo> own = part == 0 ? all.subList(0, half) : all.subList(half, all.size());
            out.raw("GGUF".getBytes(StandardCharsets.US_ASCII));
            out.number(3, 4);
            out.number(own.size(), 8);
            out.number((part == 0 ? values : 0) + 3, 8);
            if (part == 0) {
                out.raw(Arrays.copyOfRange(in.array(), begin, end));
            }
            out.value("split.no", U16, part, 2);
            out.value("split.count", U16, 2, 2);
            out.value("split.tensors.count", I32, all.size(), 4);
            out.tensors(own, in.array(), data);
            Files.write(folder.resolve("%s-%05d-of-00002.gguf".formatted(prefix, part + 1)), out.bytes());
        }
        return folder.resolve(prefix + "-00001-of-00002.gguf");
    }

    private static int endOfValues(ByteBuffer in, long values) {
        for (long i = 0; i < values; i++) {
            skipString(in);
            skipValue(in, in.getInt());
        }
        return in.position();
    }

    private static void skipValue(ByteBuffer in, int type) {
        switch (type) {
            case 8 -> skipString(in);
            case 9 -> {
                int element = in.getInt();
                long length = in.getLong();
                for (long i = 0; i < length; i++) {
                    skipValue(in, element);
                }
            }
            case 0, 1, 7 -> in.position(in.position() + 1);
            case 2, 3 -> in.position(in.position() + 2);
            case 4, 5, 6 -> in.position(in.position() + 4);
            default -> in.position(in.position() + 8);
        }
    }

    private static void skipString(ByteBuffer in) {
        long length = in.getLong();
        in.position(in.position() + (int) length);
    }

    private static final class Writer {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        void raw(byte[] bytes) {
            out.writeBytes(bytes);
        }

        void number(long value, int bytes) {
            for (int i = 0; i < bytes; i++) {
                out.write((int) (value >> 8 * i));
            }
        }

        void string(String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            number(utf8.length, 8);
            raw(utf8);
        }

        void value(String key, int type, long value, int bytes) {
            string(key);
            number(type, 4);
            number(value, bytes);
        }

        void tensors(List<TensorInfo> own, byte[] source, int data) {
            long offset = 0;
            for (TensorInfo tensor : own) {
                string(tensor.name());
                number(tensor.dimensions().size(), 4);
                tensor.dimensions().forEach(size -> number(size, 8));
                number(tensor.type(), 4);
                number(offset, 8);
                offset += Math.ceilDiv(size(tensor), ALIGNMENT) * ALIGNMENT;
            }
            pad();
            for (TensorInfo tensor : own) {
                out.write(source, (int) (data + tensor.offset()), (int) size(tensor));
                pad();
            }
        }

        private static long size(TensorInfo tensor) {
            return GgmlType.of(tensor.type()).orElseThrow().bytesFor(tensor.elements());
        }

        private void pad() {
            while (out.size() % ALIGNMENT != 0) {
                out.write(0);
            }
        }

        byte[] bytes() {
            return out.toByteArray();
        }
    }
}
