package io.quern.model;

import io.quern.store.RemoteBytes;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The metadata in the header of a GGUF file. Immutable; does not keep the vocabulary.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the format</a>
 */
public final class GgufMetadata {
    private static final String TOKENS = "tokenizer.ggml.tokens";

    private final long fileSize;
    private final int version;
    private final Map<String, Object> values;
    private final List<TensorInfo> tensors;
    private final Optional<String> bosToken;
    private final Optional<String> eosToken;

    private GgufMetadata(long fileSize, int version, GgufReader reader) {
        this.fileSize = fileSize;
        this.version = version;
        this.values = reader.values();
        this.tensors = reader.tensors();
        this.bosToken = token(reader, "tokenizer.ggml.bos_token_id");
        this.eosToken = token(reader, "tokenizer.ggml.eos_token_id");
    }

    /** A model in several files: the metadata of the first, with the tensors and bytes of all parts. */
    private GgufMetadata(GgufMetadata first, List<GgufMetadata> others) {
        this.fileSize = others.stream().mapToLong(GgufMetadata::fileSize).reduce(first.fileSize, Hyperparameters::sum);
        this.version = first.version;
        this.values = first.values;
        this.tensors = Stream.concat(Stream.of(first), others.stream())
                .flatMap(part -> part.tensors.stream())
                .toList();
        this.bosToken = first.bosToken;
        this.eosToken = first.eosToken;
    }

    /**
     * Reads the header, or the headers of all parts of a split model, and checks that the files contain all tensor data
     * that they announce. Blocks on the disk, for about 10 ms per file.
     *
     * @param file the model, or the first part of a split model
     * @throws ModelFileException if anything is wrong with a file
     */
    public static GgufMetadata read(Path file) {
        GgufMetadata first = readOne(file);
        List<GgufMetadata> others = SplitFile.others(file, first);
        return others.isEmpty() ? first : new GgufMetadata(first, others);
    }

    /** Reads only this file, whether it is a part or not. */
    static GgufMetadata readOne(Path file) {
        if (!Files.exists(file)) {
            throw ModelFileException.noFile(file, "it does not exist", "Check the path in quern.model (QUERN_MODEL)");
        }
        if (Files.isDirectory(file)) {
            throw ModelFileException.noFile(
                    file, "it is a directory", "Set quern.model (QUERN_MODEL) to the .gguf file in it");
        }
        if (!Files.isRegularFile(file)) {
            // opening a named pipe would wait for a writer, and some devices never end
            throw ModelFileException.noFile(
                    file,
                    "it is not a regular file but " + SpecialFile.describe(file),
                    "Set quern.model (QUERN_MODEL) to a .gguf file");
        }
        if (!Files.isReadable(file)) {
            throw new ModelFileException(
                    file, "it cannot be read by user " + System.getProperty("user.name"), "Change its permissions");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return read(file, channel::read, channel.size());
        } catch (IOException e) {
            throw new ModelFileException(file, "it cannot be read (" + e.getMessage() + ")", "Check the disk", e);
        }
    }

    /**
     * Reads the header of a file on a server; for a split model, of its first part only. Blocks on the network, for
     * some MiB.
     *
     * @param name of the file, for messages
     * @throws ModelFileException if it is not the header of a model
     */
    public static GgufMetadata read(String name, RemoteBytes bytes) {
        Path file = Path.of(name);
        try {
            return read(file, bytes::read, bytes.size());
        } catch (IOException e) {
            throw new ModelFileException(
                    file, "its header cannot be read (" + e.getMessage() + ")", "Check the network, then try again", e);
        }
    }

    private static GgufMetadata read(Path file, GgufInput input, long size) throws IOException {
        GgufBytes in = new GgufBytes(file, input, size);
        int version = new GgufPreamble(file, input, size).check(in);
        GgufReader reader = new GgufReader(in);
        reader.read();
        new TensorData(file, in, reader).checkWithin(size);
        return new GgufMetadata(size, version, reader);
    }

    /** Returns the architecture of the network, such as {@code llama}, which is also the prefix of its keys. */
    public Optional<String> architecture() {
        return text("general.architecture");
    }

    public Optional<String> name() {
        return text("general.name");
    }

    /** Returns how many tokens the model was trained to hold, prompt and answer together. */
    public OptionalLong contextLength() {
        return ofArchitecture("context_length");
    }

    /** Returns the number of layers. */
    public OptionalLong blockCount() {
        return ofArchitecture("block_count");
    }

    /** Returns the width of the network. */
    public OptionalLong embeddingLength() {
        return ofArchitecture("embedding_length");
    }

    /** Returns the number of attention heads, or the largest of any layer if they differ. */
    public OptionalLong headCount() {
        return ofArchitecture("attention.head_count");
    }

    /** Returns the number of heads whose keys and values are cached, or the largest of any layer if they differ. */
    public OptionalLong headCountKv() {
        OptionalLong count = ofArchitecture("attention.head_count_kv");
        return count.isPresent() ? count : headCount();
    }

    public OptionalLong vocabularySize() {
        return switch (values.get(TOKENS)) {
            case GgufReader.LongArray tokens -> OptionalLong.of(tokens.length());
            case List<?> tokens -> OptionalLong.of(tokens.size());
            case null, default -> ofArchitecture("vocab_size");
        };
    }

    /**
     * Returns the bytes of the longest token as written in the file, which is at least its length in a text; 0 if
     * unknown.
     */
    long longestToken() {
        return switch (values.get(TOKENS)) {
            case GgufReader.LongArray tokens -> tokens.longest();
            case List<?> tokens ->
                tokens.stream()
                        .filter(String.class::isInstance)
                        .mapToLong(token -> ((String) token).getBytes(StandardCharsets.UTF_8).length)
                        .max()
                        .orElse(0);
            case null, default -> 0;
        };
    }

    /** Returns how its makers recommend to sample from the model. */
    public RecommendedSampling recommendedSampling() {
        return RecommendedSampling.of(values);
    }

    /** Returns the chat template, in Jinja. */
    public Optional<String> chatTemplate() {
        return text("tokenizer.chat_template");
    }

    /** Returns the text of the token that begins a sequence. */
    public Optional<String> bosToken() {
        return bosToken;
    }

    /** Returns the text of the token that ends a sequence. */
    public Optional<String> eosToken() {
        return eosToken;
    }

    /** Returns whether the tokenizer adds the BOS token; empty if the file leaves that to the kind of tokenizer. */
    public Optional<Boolean> addsBosToken() {
        return values.get("tokenizer.ggml.add_bos_token") instanceof Boolean adds
                ? Optional.of(adds)
                : Optional.empty();
    }

    /** Returns llama.cpp's number for the mix of tensor types, such as 3 for mostly Q4_1. */
    public OptionalLong fileType() {
        return number(values.get("general.file_type"));
    }

    /** Returns llama.cpp's name for that mix, such as {@code Q4_K_M}, or empty if the file does not say. */
    public Optional<String> quantisation() {
        return fileType().isPresent() ? FileType.name(fileType().getAsLong()) : Optional.empty();
    }

    /** Returns the number of elements of all tensors. */
    public long parameterCount() {
        // cannot overflow in a file whose data were checked; the result does not matter if types are unknown
        return tensors.stream().mapToLong(TensorInfo::elements).sum();
    }

    /** Returns the types of its weights, the one with the most elements first. Leaves out vectors, such as norms. */
    public List<WeightShare> weightShares() {
        return WeightShare.of(tensors);
    }

    public int tensorCount() {
        return tensors.size();
    }

    /** Returns the size in bytes, of all parts together if the model is split. */
    public long fileSize() {
        return fileSize;
    }

    /** Returns the version of the GGUF format. */
    public int version() {
        return version;
    }

    /** Returns a string of the metadata. */
    public Optional<String> text(String key) {
        return values.get(key) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    /** Returns a whole number of the metadata that is not negative. */
    OptionalLong number(String key) {
        return number(values.get(key));
    }

    /** Returns a boolean of the metadata. */
    Optional<Boolean> truth(String key) {
        return values.get(key) instanceof Boolean truth ? Optional.of(truth) : Optional.empty();
    }

    /** Returns all metadata except long arrays: Long, BigInteger, Double, Boolean, String, or List of those. */
    Map<String, Object> values() {
        return values;
    }

    List<TensorInfo> tensors() {
        return tensors;
    }

    /** Returns a whole number whose key begins with the architecture. */
    OptionalLong ofArchitecture(String key) {
        return architecture()
                .map(prefix -> number(values.get(prefix + "." + key)))
                .orElse(OptionalLong.empty());
    }

    private static OptionalLong number(@Nullable Object value) {
        return switch (value) {
            case Long number when number >= 0 -> OptionalLong.of(number);
            case List<?> perLayer ->
                perLayer.stream()
                        .filter(Long.class::isInstance)
                        .mapToLong(Long.class::cast)
                        .filter(number -> number >= 0)
                        .max();
            case null, default -> OptionalLong.empty();
        };
    }

    private Optional<String> token(GgufReader reader, String idKey) {
        OptionalLong id = number(values.get(idKey));
        if (id.isEmpty()) {
            return Optional.empty();
        }
        return switch (values.get(TOKENS)) {
            case GgufReader.LongArray tokens
            when tokens.type() == GgufValueType.STRING && id.getAsLong() < tokens.length() ->
                Optional.of(reader.element(tokens, id.getAsLong()));
            case List<?> tokens
            when id.getAsLong() < tokens.size() && tokens.get((int) id.getAsLong()) instanceof String token ->
                Optional.of(token);
            case null, default -> Optional.empty();
        };
    }
}
