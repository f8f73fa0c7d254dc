package io.quern.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quern.home.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Describes a model of the store. Immutable.
 *
 * @param reference names exactly this model
 * @param source the reference in full, with the query of a URL
 * @param requested by what name it was pulled last
 * @param key the folder of its content
 * @param folder where the files are, if they are not in the store
 * @param names of the files, for a split model of all parts in order
 * @param bytes sizes of the files
 * @param etag what identifies this version on a web server
 */
record Manifest(
        ModelReference.Remote reference,
        String source,
        String requested,
        String key,
        Optional<Path> folder,
        List<String> names,
        List<Long> bytes,
        Optional<String> quantisation,
        boolean verified,
        Optional<String> commit,
        Optional<String> etag,
        Instant pulledAt) {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int MAX_BYTES = 1 << 20;

    static String source(ModelReference.Remote reference) {
        return switch (reference) {
            case ModelReference.Web web -> web.uri().toString();
            case ModelReference.Hub hub -> hub.toString();
        };
    }

    /** Returns the name of the manifest's file without extension. */
    String id() {
        return id(source);
    }

    static String id(String source) {
        return hex(source).substring(0, 32);
    }

    static String hex(String text) {
        return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the model, or empty if one of its files is missing or has another size. */
    Optional<StoredModel> model(StoreFolder store) {
        Path where = folder.orElseGet(() -> store.content(key));
        List<Path> files = names.stream().map(where::resolve).toList();
        for (int i = 0; i < files.size(); i++) {
            try {
                if (Files.size(files.get(i)) != bytes.get(i)) {
                    return Optional.empty();
                }
            } catch (IOException e) {
                return Optional.empty();
            }
        }
        return Optional.of(new StoredModel(
                reference,
                files,
                bytes.stream().mapToLong(Long::longValue).sum(),
                quantisation,
                key,
                verified,
                commit,
                pulledAt,
                folder.isPresent() ? StoredModel.Origin.HUB_CACHE : StoredModel.Origin.STORE));
    }

    Manifest requestedAs(String name, Optional<String> newCommit) {
        return new Manifest(
                reference, source, name, key, folder, names, bytes, quantisation, verified, newCommit, etag, pulledAt);
    }

    String json() {
        ObjectNode node = JSON.createObjectNode();
        node.put("model", source)
                .put("requested", requested)
                .put("content", key)
                .put("verified", verified)
                .put("pulledAt", pulledAt.toString());
        folder.ifPresent(path -> node.put("folder", path.toString()));
        quantisation.ifPresent(name -> node.put("quantisation", name));
        commit.ifPresent(id -> node.put("commit", id));
        etag.ifPresent(tag -> node.put("etag", tag));
        ArrayNode files = node.putArray("files");
        for (int i = 0; i < names.size(); i++) {
            files.addObject().put("name", names.get(i)).put("bytes", bytes.get(i));
        }
        return node.toPrettyString() + "\n";
    }

    /** Reads a manifest; empty if it is damaged or disappears meanwhile. */
    static Optional<Manifest> read(Path file) {
        try {
            return Files.size(file) > MAX_BYTES ? Optional.empty() : parse(JSON.readTree(Files.readString(file)));
        } catch (IOException | StoreException | DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private static Optional<Manifest> parse(JsonNode node) {
        String source = node.path("model").asText();
        List<String> names = new ArrayList<>();
        List<Long> bytes = new ArrayList<>();
        node.path("files").forEach(file -> {
            names.add(file.path("name").asText());
            bytes.add(file.path("bytes").asLong(-1));
        });
        String key = node.path("content").asText();
        boolean plain = names.stream().allMatch(name -> name.equals(FileName.plain(name)));
        return ModelReference.parse(source) instanceof ModelReference.Remote reference
                        && !names.isEmpty()
                        && plain
                        && key.matches("[0-9a-f]{64}")
                ? Optional.of(new Manifest(
                        reference,
                        source,
                        node.path("requested").asText(),
                        key,
                        text(node, "folder").map(Path::of),
                        List.copyOf(names),
                        List.copyOf(bytes),
                        text(node, "quantisation"),
                        node.path("verified").asBoolean(),
                        text(node, "commit"),
                        text(node, "etag"),
                        Instant.parse(node.path("pulledAt").asText())))
                : Optional.empty();
    }

    private static Optional<String> text(JsonNode node, String name) {
        return node.path(name).isTextual() ? Optional.of(node.path(name).asText()) : Optional.empty();
    }
}
