package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.quern.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufMetadataTest {
    @TempDir
    Path folder;

    @Test
    void readsMetadataOfHeader() throws IOException {
        byte[] bytes = GgufFixture.complete().bytes();
        GgufMetadata metadata = read(bytes);

        assertThat(metadata.architecture()).hasValue("llama");
        assertThat(metadata.name()).hasValue("Tiny");
        assertThat(metadata.contextLength()).hasValue(256);
        assertThat(metadata.blockCount()).hasValue(2);
        assertThat(metadata.embeddingLength()).hasValue(64);
        assertThat(metadata.headCount()).hasValue(4);
        assertThat(metadata.headCountKv()).hasValue(2);
        assertThat(metadata.vocabularySize()).hasValue(5);
        assertThat(metadata.chatTemplate()).hasValue("{{ messages[0].content }}");
        assertThat(metadata.bosToken()).hasValue("<s>");
        assertThat(metadata.eosToken()).hasValue("</s>");
        assertThat(metadata.addsBosToken()).hasValue(true);
        assertThat(metadata.fileType()).hasValue(2);
        assertThat(metadata.tensorCount()).isEqualTo(4);
        assertThat(metadata.parameterCount()).isEqualTo(64 + 64 + 128 + 8);
        assertThat(metadata.fileSize()).isEqualTo(bytes.length);
        assertThat(metadata.version()).isEqualTo(3);
    }

    @Test
    void readsVersion2() throws IOException {
        assertThat(read(GgufFixture.complete().version(2).bytes()).version()).isEqualTo(2);
    }

    @Test
    void readsEveryTypeOfValue() throws IOException {
        GgufMetadata metadata = read(new GgufFixture()
                .entry("u8", 0, new byte[] {(byte) 0xff})
                .entry("i8", 1, new byte[] {(byte) 0xff})
                .entry("u16", 2, new byte[] {(byte) 0xfe, (byte) 0xff})
                .entry("i16", 3, new byte[] {(byte) 0xfe, (byte) 0xff})
                .entry("u32", 4, GgufFixture.littleEndian(4).putInt(-1).array())
                .entry("i32", 5, GgufFixture.littleEndian(4).putInt(-1).array())
                .entry("f32", 6, GgufFixture.littleEndian(4).putFloat(0.5f).array())
                .entry("bool", 7, new byte[] {1})
                .text("text", "ä\0b")
                .texts("texts", "a", "")
                .entry("u64", 10, GgufFixture.littleEndian(8).putLong(-1).array())
                .entry("i64", 11, GgufFixture.littleEndian(8).putLong(-1).array())
                .entry("f64", 12, GgufFixture.littleEndian(8).putDouble(0.1).array())
                .bytes());

        assertThat(metadata.values().values().stream().map(String::valueOf))
                .containsExactly(
                        "255",
                        "-1",
                        "65534",
                        "-2",
                        "4294967295",
                        "-1",
                        "0.5",
                        "true",
                        "ä\0b",
                        "[a, ]",
                        "18446744073709551615",
                        "-1",
                        "0.1");
    }

    @Test
    void longArraysAreSkippedButTokensAreFound() throws IOException {
        String[] tokens = IntStream.range(0, 50_000).mapToObj(i -> "token" + i).toArray(String[]::new);
        GgufMetadata metadata = read(new GgufFixture()
                .u32("tokenizer.ggml.bos_token_id", 49_999)
                .texts("tokenizer.ggml.tokens", tokens)
                .u32s("tokenizer.ggml.token_type", new int[50_000])
                .u32("tokenizer.ggml.eos_token_id", 0)
                .bytes());

        assertThat(metadata.vocabularySize()).hasValue(50_000);
        assertThat(metadata.bosToken()).hasValue("token49999");
        assertThat(metadata.eosToken()).hasValue("token0");
        assertThat(metadata.values().values()).noneMatch(List.class::isInstance);
    }

    @Test
    void headCountPerLayerYieldsTheLargest() throws IOException {
        GgufMetadata metadata = read(new GgufFixture()
                .text("general.architecture", "deci")
                .u32s("deci.attention.head_count", 0, 32, 16)
                .bytes());

        assertThat(metadata.headCount()).hasValue(32);
        assertThat(metadata.headCountKv()).hasValue(32);
    }

    @Test
    void missingMetadataIsEmpty() throws IOException {
        GgufMetadata metadata =
                read(new GgufFixture().u32("tokenizer.ggml.bos_token_id", 7).bytes());

        assertThat(metadata.architecture()).isEmpty();
        assertThat(metadata.contextLength()).isEmpty();
        assertThat(metadata.vocabularySize()).isEmpty();
        assertThat(metadata.bosToken()).isEmpty();
        assertThat(metadata.addsBosToken()).isEmpty();
    }

    @Test
    void truncationAtAnyByteIsAClearError() throws IOException {
        byte[] bytes = GgufFixture.complete().bytes();
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatExceptionOfType(ModelFileException.class)
                    .as("%d of %d bytes", length, bytes.length)
                    .isThrownBy(() -> read(cut))
                    .withMessageContaining("model.gguf");
        }
    }

    @Test
    void corruptedBytesAreReadOrRefusedClearly() throws IOException {
        byte[] bytes = GgufFixture.complete().bytes();
        Random random = new Random(20260214);
        int refused = 0;
        for (int round = 0; round < 1500; round++) {
            byte[] corrupted = bytes.clone();
            for (int flips = random.nextInt(1, 9); flips > 0; flips--) {
                corrupted[random.nextInt(corrupted.length)] = (byte) random.nextInt();
            }
            try {
                read(corrupted);
            } catch (ModelFileException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(150, 1499);
    }

    @Test
    void wrongLengthFieldsAreRefused() throws IOException {
        byte[] bytes = GgufFixture.complete().bytes();
        int refused = 0;
        for (long lie : new long[] {-1, Long.MAX_VALUE, 1L << 24}) {
            for (int at = 4; at <= bytes.length - 8; at++) {
                byte[] lying = bytes.clone();
                GgufFixture.littleEndian(8).putLong(lie).flip().get(lying, at, 8);
                try {
                    read(lying);
                } catch (ModelFileException e) {
                    assertThat(e).hasMessageContaining("model.gguf: ");
                    refused++;
                }
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }

    @Tag(TestModels.SMOLLM2)
    @Test
    void smolLm2IsKnown() {
        GgufMetadata metadata = GgufMetadata.read(TestModels.smolLm2());

        assertThat(metadata.architecture()).hasValue("llama");
        assertThat(metadata.name()).hasValue("Smollm2 135M 8k Lc100K Mix1 Ep2");
        assertThat(metadata.contextLength()).hasValue(8192);
        assertThat(metadata.blockCount()).hasValue(30);
        assertThat(metadata.embeddingLength()).hasValue(576);
        assertThat(metadata.headCount()).hasValue(9);
        assertThat(metadata.headCountKv()).hasValue(3);
        assertThat(metadata.vocabularySize()).hasValue(49152);
        assertThat(metadata.bosToken()).hasValue("<|im_start|>");
        assertThat(metadata.eosToken()).hasValue("<|im_end|>");
        assertThat(metadata.addsBosToken()).hasValue(false);
        assertThat(metadata.fileType()).hasValue(3);
        assertThat(metadata.tensorCount()).isEqualTo(272);
        assertThat(metadata.parameterCount()).isEqualTo(134_515_008);
        assertThat(metadata.fileSize()).isEqualTo(98_362_432);
        assertThat(metadata.chatTemplate())
                .hasValueSatisfying(template -> assertThat(template).startsWith("{% for message in messages %}"));
    }

    private GgufMetadata read(byte[] bytes) throws IOException {
        return GgufMetadata.read(Files.write(folder.resolve("model.gguf"), bytes));
    }
}
