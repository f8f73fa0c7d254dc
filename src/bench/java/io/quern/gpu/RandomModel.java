package io.quern.gpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Writes models with random weights in the shape of a llama. They have the demo model's tokenizer, with extra tokens up
 * to the size of the vocabulary. Their speed and size are real, but their text is noise in which each token is a word.
 * Needs only Java.
 *
 * @param half true for weights in F16, false for Q4_0
 * @param empty true for a sparse file of the right length without weights
 */
record RandomModel(
        String name,
        int layers,
        int width,
        int feedForward,
        int heads,
        int keyHeads,
        int vocabulary,
        boolean half,
        boolean empty) {
    private static final int ALIGNMENT = 32;
    private static final int UINT32 = 4;
    private static final int INT32 = 5;
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final int NORMAL_TOKEN = 1;
    private static final int F32_TYPE = 0;
    private static final int F16_TYPE = 1;
    private static final int Q4_0_TYPE = 2;
    private static final int CHUNK = 18 << 18;
    private static final int CONTEXT = 8192;

    /** Scale of a block, whose 4-bit numbers are -8 to 7: weights of about 0.02, as in a freshly initialised model. */
    private static final short SCALE = Float.floatToFloat16(0.004f);

    /** Returns a model in the shape of Llama-3.2-1B, with a vocabulary of the size of SmolLM2's. */
    static RandomModel billion(boolean half) {
        return new RandomModel("Random 1B", 16, 2048, 8192, 32, 8, 49152, half, false);
    }

    /** Returns a tiny model for machines without a GPU, where it only matters that the run works. */
    static RandomModel tiny(boolean half) {
        return new RandomModel("Random tiny", 4, 256, 512, 4, 2, 4096, half, false);
    }

    /**
     * Returns a model in F16 that is larger than this and of which nothing is written. Its layers are those of
     * Llama-3-70B.
     */
    static RandomModel largerThan(double bytes) {
        int layers = 1;
        while (large(layers).weightBytes() <= bytes) {
            layers++;
        }
        return large(layers);
    }

    private static RandomModel large(int layers) {
        return new RandomModel("Random, %d layers".formatted(layers), layers, 8192, 28672, 64, 8, 49152, true, true);
    }

    private record Tensor(String name, long[] shape, int type) {
        long bytes() {
            long elements = 1;
            for (long size : shape) {
                elements *= size;
            }
            return switch (type) {
                case F32_TYPE -> elements * 4;
                case F16_TYPE -> elements * 2;
                default -> elements / 32 * 18;
            };
        }

        long padded() {
            return (bytes() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
    }

    /** Returns the bytes of all matrices that the computation of a token reads. */
    long weightBytes() {
        return tensors().stream().mapToLong(Tensor::bytes).sum();
    }

    private List<Tensor> tensors() {
        int matrix = half ? F16_TYPE : Q4_0_TYPE;
        long keys = (long) width / heads * keyHeads;
        List<Tensor> all = new ArrayList<>();
        all.add(new Tensor("token_embd.weight", new long[] {width, vocabulary}, matrix));
        all.add(new Tensor("output_norm.weight", new long[] {width}, F32_TYPE));
        for (int i = 0; i < layers; i++) {
            String layer = "blk." + i + ".";
            all.add(new Tensor(layer + "attn_norm.weight", new long[] {width}, F32_TYPE));
            all.add(new Tensor(layer + "attn_q.weight", new long[] {width, width}, matrix));
            all.add(new Tensor(layer + "attn_k.weight", new long[] {width, keys}, matrix));
            all.add(new Tensor(layer + "attn_v.weight", new long[] {width, keys}, matrix));
            all.add(new Tensor(layer + "attn_output.weight", new long[] {width, width}, matrix));
            all.add(new Tensor(layer + "ffn_norm.weight", new long[] {width}, F32_TYPE));
            all.add(new Tensor(layer + "ffn_gate.weight", new long[] {width, feedForward}, matrix));
            all.add(new Tensor(layer + "ffn_up.weight", new long[] {width, feedForward}, matrix));
            all.add(new Tensor(layer + "ffn_down.weight", new long[] {feedForward, width}, matrix));
        }
        return all;
    }

    /**
     * Writes the model.
     *
     * @param demo the demo model, whose tokenizer it takes
     */
    void write(Path demo, Path target) throws IOException {
        Files.createDirectories(target.getParent());
        List<Tensor> tensors = tensors();
        ByteBuffer head = head(ByteBuffer.wrap(Files.readAllBytes(demo)).order(ByteOrder.LITTLE_ENDIAN), tensors);
        try (FileChannel file = FileChannel.open(
                target, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            writeAll(file, head);
            if (empty) {
                long end = file.position()
                        + tensors.stream().mapToLong(Tensor::padded).sum();
                file.write(ByteBuffer.wrap(new byte[1]), end - 1);
                return;
            }
            SplittableRandom random = new SplittableRandom(135);
            byte[] chunk = new byte[CHUNK];
            for (Tensor tensor : tensors) {
                write(file, tensor, random, chunk);
            }
        }
    }

    private static void write(FileChannel file, Tensor tensor, SplittableRandom random, byte[] chunk)
            throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
        for (long left = tensor.bytes(); left > 0; ) {
            int length = (int) Math.min(left, chunk.length);
            switch (tensor.type()) {
                case F32_TYPE -> {
                    for (int i = 0; i < length; i += 4) {
                        buffer.putFloat(i, 1);
                    }
                }
                case F16_TYPE -> {
                    // Sign and mantissa are random; the exponent is that of 2^-6.
                    for (int i = 0; i < length; i += 8) {
                        buffer.putLong(i, random.nextLong() & 0x83ff_83ff_83ff_83ffL | 0x2400_2400_2400_2400L);
                    }
                }
                default -> {
                    random.nextBytes(chunk);
                    for (int i = 0; i < length; i += 18) {
                        buffer.putShort(i, SCALE);
                    }
                }
            }
            writeAll(file, ByteBuffer.wrap(chunk, 0, length));
            left -= length;
        }
        writeAll(file, ByteBuffer.allocate((int) (tensor.padded() - tensor.bytes())));
    }

    private static void writeAll(FileChannel file, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            file.write(buffer);
        }
    }

    private ByteBuffer head(ByteBuffer demo, List<Tensor> tensors) {
        ByteBuffer head = ByteBuffer.allocate(64 << 20).order(ByteOrder.LITTLE_ENDIAN);
        head.putInt(demo.getInt()).putInt(demo.getInt());
        demo.getLong();
        long fields = demo.getLong();
        head.putLong(tensors.size()).putLong(fields);
        for (long i = 0; i < fields; i++) {
            String key = string(demo);
            int type = demo.getInt();
            int from = demo.position();
            skip(demo, type);
            put(head, key);
            head.putInt(type);
            Integer number = number(key);
            if (number != null) {
                head.putInt(number);
            } else if (key.equals("general.name")) {
                put(head, name);
            } else if (key.equals("tokenizer.ggml.tokens") || key.equals("tokenizer.ggml.token_type")) {
                filledUp(head, demo.duplicate().order(ByteOrder.LITTLE_ENDIAN).position(from), demo.position());
            } else {
                head.put(demo.slice(from, demo.position() - from));
            }
        }
        long offset = 0;
        for (Tensor tensor : tensors) {
            put(head, tensor.name());
            head.putInt(tensor.shape().length);
            for (long size : tensor.shape()) {
                head.putLong(size);
            }
            head.putInt(tensor.type()).putLong(offset);
            offset += tensor.padded();
        }
        while (head.position() % ALIGNMENT != 0) {
            head.put((byte) 0);
        }
        return head.flip();
    }

    /** Returns the value of a field that differs from that of the demo model, or null for other fields. */
    private Integer number(String key) {
        return switch (key) {
            case "general.file_type" -> half ? 1 : 2;
            case "llama.vocab_size" -> vocabulary;
            case "llama.context_length" -> CONTEXT;
            case "llama.embedding_length" -> width;
            case "llama.block_count" -> layers;
            case "llama.feed_forward_length" -> feedForward;
            case "llama.attention.head_count" -> heads;
            case "llama.attention.head_count_kv" -> keyHeads;
            case "llama.rope.dimension_count" -> width / heads;
            default -> null;
        };
    }

    /** Writes an array of the vocabulary: its own entries, then as many as are missing. */
    private void filledUp(ByteBuffer head, ByteBuffer array, int end) {
        int type = array.getInt();
        long count = array.getLong();
        head.putInt(type).putLong(vocabulary);
        array.limit(end);
        head.put(array);
        for (long i = count; i < vocabulary; i++) {
            if (type == STRING) {
                // Begins with the character that stands for a blank.
                put(head, "\u0120w" + i);
            } else {
                head.putInt(NORMAL_TOKEN);
            }
        }
    }

    private static String string(ByteBuffer from) {
        byte[] bytes = new byte[(int) from.getLong()];
        from.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void put(ByteBuffer head, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        head.putLong(bytes.length).put(bytes);
    }

    private static void skip(ByteBuffer from, int type) {
        switch (type) {
            case STRING -> skipBytes(from, from.getLong());
            case ARRAY -> {
                int of = from.getInt();
                long count = from.getLong();
                for (long i = 0; i < count; i++) {
                    skip(from, of);
                }
            }
            case 0, 1, 7 -> from.position(from.position() + 1);
            case 2, 3 -> from.position(from.position() + 2);
            case UINT32, INT32, 6 -> from.position(from.position() + 4);
            case 10, 11, 12 -> from.position(from.position() + 8);
            default -> throw new UncheckedIOException(new IOException("a GGUF field of unknown type " + type));
        }
    }

    private static void skipBytes(ByteBuffer from, long count) {
        from.position((int) (from.position() + count));
    }
}
