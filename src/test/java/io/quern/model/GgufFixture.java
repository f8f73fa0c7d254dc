package io.quern.model;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes small GGUF files, valid ones and, on request, invalid ones. */
final class GgufFixture {
    static final int F32 = 0;
    static final int Q4_0 = 2;
    static final int Q8_0 = 8;
    private static final int ALIGNMENT = 32;

    private final List<byte[]> entries = new ArrayList<>();
    private final List<byte[]> tensors = new ArrayList<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private int version = 3;
    private long dataBytes;
    private Long entryCount;
    private Long tensorCount;

    /** Contains everything that the accessors read, and 4 tensors. */
    static GgufFixture complete() {
        return new GgufFixture()
                .text("general.architecture", "llama")
                .text("general.name", "Tiny")
                .u32("general.file_type", 2)
                .u32("llama.context_length", 256)
                .u32("llama.block_count", 2)
                .u32("llama.embedding_length", 64)
                .u32("llama.attention.head_count", 4)
                .u32("llama.attention.head_count_kv", 2)
                .texts("tokenizer.ggml.tokens", "<unk>", "<s>", "</s>", "Grüße", "世界")
                .u32("tokenizer.ggml.bos_token_id", 1)
                .u32("tokenizer.ggml.eos_token_id", 2)
                .bool("tokenizer.ggml.add_bos_token", true)
                .text("tokenizer.chat_template", "{{ messages[0].content }}")
                .tensor("token_embd.weight", F32, 64 * 4, 64)
                .tensor("output_norm.weight", F32, 64 * 4, 64)
                .tensor("blk.0.attn_q.weight", Q4_0, 18 * 4, 64, 2)
                .tensor("output.weight", F32, 8 * 4, 4, 2);
    }

    GgufFixture version(int version) {
        this.version = version;
        return this;
    }

    GgufFixture text(String key, String value) {
        return entry(key, 8, string(value));
    }

    GgufFixture u32(String key, int value) {
        return entry(key, 4, littleEndian(4).putInt(value).array());
    }

    GgufFixture f32(String key, float value) {
        return entry(key, 6, littleEndian(4).putFloat(value).array());
    }

    GgufFixture bool(String key, boolean value) {
        return entry(key, 7, new byte[] {(byte) (value ? 1 : 0)});
    }

    GgufFixture texts(String key, String... values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(littleEndian(12).putInt(8).putLong(values.length).array());
        for (String value : values) {
            out.writeBytes(string(value));
        }
        return entry(key, 9, out.toByteArray());
    }

    GgufFixture u32s(String key, int... values) {
        ByteBuffer out = littleEndian(12 + 4 * values.length).putInt(4).putLong(values.length);
        for (int value : values) {
            out.putInt(value);
        }
        return entry(key, 9, out.array());
    }

    GgufFixture entry(String key, int type, byte[] value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(string(key));
        out.writeBytes(littleEndian(4).putInt(type).array());
        out.writeBytes(value);
        return rawEntry(out.toByteArray());
    }

    /** Adds an entry in the format of the file: key, type and value. */
    GgufFixture rawEntry(byte[] entry) {
        entries.add(entry);
        return this;
    }

    GgufFixture tensor(String name, int type, long bytes, long... dimensions) {
        dataBytes = Math.ceilDiv(dataBytes, ALIGNMENT) * ALIGNMENT;
        tensorAt(name, type, dataBytes, dimensions);
        dataBytes += bytes;
        return this;
    }

    /** Adds a tensor with these bytes. If one tensor has bytes, all need them. */
    GgufFixture tensor(String name, int type, byte[] bytes, long... dimensions) {
        tensor(name, type, bytes.length, dimensions);
        data.writeBytes(new byte[(int) dataBytes - bytes.length - data.size()]);
        data.writeBytes(bytes);
        return this;
    }

    GgufFixture tensorAt(String name, int type, long offset, long... dimensions) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(string(name));
        ByteBuffer rest = littleEndian(4 + 8 * dimensions.length + 4 + 8).putInt(dimensions.length);
        for (long dimension : dimensions) {
            rest.putLong(dimension);
        }
        out.writeBytes(rest.putInt(type).putLong(offset).array());
        tensors.add(out.toByteArray());
        return this;
    }

    GgufFixture claimEntries(long count) {
        entryCount = count;
        return this;
    }

    GgufFixture claimTensors(long count) {
        tensorCount = count;
        return this;
    }

    byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(littleEndian(20)
                .putInt(version)
                .putLong(tensorCount == null ? tensors.size() : tensorCount)
                .putLong(entryCount == null ? entries.size() : entryCount)
                .array());
        entries.forEach(out::writeBytes);
        tensors.forEach(out::writeBytes);
        if (dataBytes > 0) {
            out.writeBytes(new byte[Math.floorMod(-out.size(), ALIGNMENT)]);
            out.writeBytes(data.size() == 0 ? new byte[(int) dataBytes] : data.toByteArray());
        }
        return out.toByteArray();
    }

    static byte[] string(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return littleEndian(8 + utf8.length).putLong(utf8.length).put(utf8).array();
    }

    static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
