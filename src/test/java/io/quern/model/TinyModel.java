package io.quern.model;

import io.quern.TestModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Models of half a megabyte to a few megabytes, with random weights and the demo model's vocabulary: one for each kind
 * of memory in llama.cpp, and one mixture of experts. Their text is noise, and therefore as sensitive to differences in
 * arithmetic as possible. The bytes are always the same; the first user writes the file to {@code target}.
 */
public enum TinyModel {
    /** Sliding-window attention of 64 tokens in five of six layers. */
    GEMMA3(TinyModel::gemma3),
    /** A recurrent state instead of a cache. */
    MAMBA2(TinyModel::mamba2),
    /** Both: short convolutions in four of six layers, attention in two. */
    LFM2(TinyModel::lfm2),
    /** Two of eight experts in each layer, chosen by a router of 32-bit floats. */
    OLMOE(TinyModel::olmoe);

    /** Tokens of the sliding window. */
    public static final int WINDOW = 64;

    private static final int WIDTH = 128;
    private static final int HEADS = 4;
    private static final int HEAD = WIDTH / HEADS;
    private static final int KEY_HEADS = 2;
    private static final int FEED_FORWARD = 256;
    private static final int VOCABULARY = 1536;

    private final Consumer<Writer> layout;

    TinyModel(Consumer<Writer> layout) {
        this.layout = layout;
    }

    /** Returns the path of its file. */
    public synchronized Path file() {
        Path file = Path.of("target", "tiny-models", architecture() + ".gguf").toAbsolutePath();
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(file.getParent());
                // other test runs may read it at the same time
                Path unfinished = Files.createTempFile(file.getParent(), architecture(), ".part");
                Files.write(unfinished, bytes());
                Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] bytes() throws IOException {
        return fixture().bytes();
    }

    /** Returns the content of the file, for tests that change parts of it. */
    GgufFixture fixture() throws IOException {
        Writer writer = new Writer(architecture(), ordinal());
        layout.accept(writer);
        writer.tokenizer();
        return writer.out;
    }

    private String architecture() {
        return name().toLowerCase(Locale.ROOT);
    }

    private static void gemma3(Writer model) {
        int layers = 6;
        model.u32("block_count", layers)
                .u32("feed_forward_length", FEED_FORWARD)
                .u32("attention.head_count", HEADS)
                .u32("attention.head_count_kv", KEY_HEADS)
                .u32("attention.key_length", HEAD)
                .u32("attention.value_length", HEAD)
                .u32("attention.sliding_window", WINDOW);
        ends(model, "output_norm.weight");
        for (int i = 0; i < layers; i++) {
            String layer = "blk." + i + ".";
            attention(model, layer, KEY_HEADS);
            feedForward(model, layer);
            model.ones(layer + "attn_q_norm.weight", HEAD)
                    .ones(layer + "attn_k_norm.weight", HEAD)
                    .ones(layer + "post_attention_norm.weight", WIDTH)
                    .ones(layer + "post_ffw_norm.weight", WIDTH);
        }
    }

    private static void mamba2(Writer model) {
        int layers = 4;
        int inner = 2 * WIDTH;
        int state = 64;
        int heads = 4;
        int convolved = inner + 2 * state;
        model.u32("block_count", layers)
                .u32("feed_forward_length", 0)
                .u32("attention.head_count", 0)
                .u32("ssm.conv_kernel", 4)
                .u32("ssm.inner_size", inner)
                .u32("ssm.state_size", state)
                .u32("ssm.time_step_rank", heads)
                .u32("ssm.group_count", 1);
        ends(model, "output_norm.weight");
        for (int i = 0; i < layers; i++) {
            String layer = "blk." + i + ".";
            model.ones(layer + "attn_norm.weight", WIDTH)
                    .matrix(layer + "ssm_in.weight", WIDTH, inner + convolved + heads)
                    .floats(layer + "ssm_conv1d.weight", -0.5f, 0.5f, 4, convolved)
                    .floats(layer + "ssm_conv1d.bias", -0.1f, 0.1f, convolved)
                    .floats(layer + "ssm_dt.bias", -2, 0, heads)
                    .floats(layer + "ssm_a", -2, -0.1f, 1, heads)
                    .floats(layer + "ssm_d", 0.5f, 1, 1, heads)
                    .ones(layer + "ssm_norm.weight", inner, 1)
                    .matrix(layer + "ssm_out.weight", inner, WIDTH);
        }
    }

    private static void lfm2(Writer model) {
        int[] keyHeads = {0, 0, KEY_HEADS, 0, 0, KEY_HEADS};
        model.u32("block_count", keyHeads.length)
                .u32("feed_forward_length", FEED_FORWARD)
                .u32("attention.head_count", HEADS)
                .u32s("attention.head_count_kv", keyHeads)
                .u32("shortconv.l_cache", 3);
        ends(model, "token_embd_norm.weight");
        for (int i = 0; i < keyHeads.length; i++) {
            String layer = "blk." + i + ".";
            feedForward(model, layer);
            if (keyHeads[i] > 0) {
                attention(model, layer, KEY_HEADS);
                model.ones(layer + "attn_q_norm.weight", HEAD).ones(layer + "attn_k_norm.weight", HEAD);
            } else {
                model.ones(layer + "attn_norm.weight", WIDTH)
                        .floats(layer + "shortconv.conv.weight", -1, 1, 3, WIDTH)
                        .matrix(layer + "shortconv.in_proj.weight", WIDTH, 3 * WIDTH)
                        .matrix(layer + "shortconv.out_proj.weight", WIDTH, WIDTH);
            }
        }
    }

    private static void olmoe(Writer model) {
        int layers = 4;
        int experts = 8;
        int feedForward = 64;
        model.u32("block_count", layers)
                .u32("feed_forward_length", feedForward)
                .u32("attention.head_count", HEADS)
                .u32("attention.head_count_kv", HEADS)
                .u32("expert_count", experts)
                .u32("expert_used_count", 2);
        ends(model, "output_norm.weight");
        for (int i = 0; i < layers; i++) {
            String layer = "blk." + i + ".";
            attention(model, layer, HEADS);
            model.ones(layer + "attn_q_norm.weight", WIDTH)
                    .ones(layer + "attn_k_norm.weight", WIDTH)
                    .ones(layer + "ffn_norm.weight", WIDTH)
                    .floats(layer + "ffn_gate_inp.weight", -0.2f, 0.2f, WIDTH, experts)
                    .matrix(layer + "ffn_gate_exps.weight", WIDTH, feedForward, experts)
                    .matrix(layer + "ffn_up_exps.weight", WIDTH, feedForward, experts)
                    .matrix(layer + "ffn_down_exps.weight", feedForward, WIDTH, experts);
        }
    }

    /** Adds the tensors before and after the layers. */
    private static void ends(Writer model, String norm) {
        model.matrix("token_embd.weight", WIDTH, VOCABULARY)
                .matrix("output.weight", WIDTH, VOCABULARY)
                .ones(norm, WIDTH);
    }

    private static void attention(Writer model, String layer, int keyHeads) {
        model.ones(layer + "attn_norm.weight", WIDTH)
                .matrix(layer + "attn_q.weight", WIDTH, WIDTH)
                .matrix(layer + "attn_k.weight", WIDTH, HEAD * keyHeads)
                .matrix(layer + "attn_v.weight", WIDTH, HEAD * keyHeads)
                .matrix(layer + "attn_output.weight", WIDTH, WIDTH);
    }

    private static void feedForward(Writer model, String layer) {
        model.ones(layer + "ffn_norm.weight", WIDTH)
                .matrix(layer + "ffn_gate.weight", WIDTH, FEED_FORWARD)
                .matrix(layer + "ffn_up.weight", WIDTH, FEED_FORWARD)
                .matrix(layer + "ffn_down.weight", FEED_FORWARD, WIDTH);
    }

    /** Writes one file: metadata with the architecture's prefix, and tensors of random numbers. */
    private static final class Writer {
        private static final int BLOCK = 32;

        final GgufFixture out = new GgufFixture();
        private final String architecture;
        private final SplittableRandom random;

        Writer(String architecture, int seed) {
            this.architecture = architecture;
            this.random = new SplittableRandom(1_000 + seed);
            out.text("general.architecture", architecture)
                    .text("general.name", "Tiny " + architecture)
                    .u32("general.file_type", 7);
            u32("context_length", 1024)
                    .u32("embedding_length", WIDTH)
                    .u32("vocab_size", VOCABULARY)
                    .f32("attention.layer_norm_rms_epsilon", 1e-6f)
                    .f32("rope.freq_base", 10_000);
        }

        Writer u32(String key, int value) {
            out.u32(architecture + "." + key, value);
            return this;
        }

        Writer u32s(String key, int... values) {
            out.u32s(architecture + "." + key, values);
            return this;
        }

        Writer f32(String key, float value) {
            out.f32(architecture + "." + key, value);
            return this;
        }

        /** Adds 8-bit numbers with a scale per 32, scaled so that a product keeps the magnitude of its input. */
        Writer matrix(String name, long... dimensions) {
            int blocks = elements(dimensions) / BLOCK;
            short scale = Float.floatToFloat16((float) Math.sqrt(3.0 / dimensions[0]) / 127);
            ByteBuffer data = GgufFixture.littleEndian(blocks * (Short.BYTES + BLOCK));
            byte[] block = new byte[BLOCK];
            for (int i = 0; i < blocks; i++) {
                random.nextBytes(block);
                data.putShort(scale).put(block);
            }
            out.tensor(name, GgufFixture.Q8_0, data.array(), dimensions);
            return this;
        }

        Writer floats(String name, float from, float to, long... dimensions) {
            ByteBuffer data = GgufFixture.littleEndian(elements(dimensions) * Float.BYTES);
            while (data.hasRemaining()) {
                data.putFloat(from == to ? from : (float) random.nextDouble(from, to));
            }
            out.tensor(name, GgufFixture.F32, data.array(), dimensions);
            return this;
        }

        Writer ones(String name, long... dimensions) {
            return floats(name, 1, 1, dimensions);
        }

        private static int elements(long... dimensions) {
            long product = 1;
            for (long dimension : dimensions) {
                product *= dimension;
            }
            return Math.toIntExact(product);
        }

        /** Copies the tokenizer of the demo model. */
        void tokenizer() throws IOException {
            ByteBuffer in =
                    ByteBuffer.wrap(Files.readAllBytes(TestModels.demo())).order(ByteOrder.LITTLE_ENDIAN);
            long entries = in.position(16).getLong();
            for (long i = 0; i < entries; i++) {
                int begin = in.position();
                String key = string(in);
                skip(in, in.getInt());
                if (key.startsWith("tokenizer.")) {
                    byte[] entry = new byte[in.position() - begin];
                    in.get(begin, entry);
                    out.rawEntry(entry);
                }
            }
        }

        private static String string(ByteBuffer in) {
            byte[] text = new byte[(int) in.getLong()];
            in.get(text);
            return new String(text, StandardCharsets.UTF_8);
        }

        private static void skip(ByteBuffer in, int type) {
            switch (type) {
                case 0, 1, 7 -> in.position(in.position() + 1);
                case 2, 3 -> in.position(in.position() + 2);
                case 4, 5, 6 -> in.position(in.position() + 4);
                case 10, 11, 12 -> in.position(in.position() + 8);
                case 8 -> string(in);
                case 9 -> {
                    int elements = in.getInt();
                    for (long i = in.getLong(); i > 0; i--) {
                        skip(in, elements);
                    }
                }
                default -> throw new IllegalStateException("not a GGUF type: " + type);
            }
        }
    }
}
