package io.quern.model;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * Refuses files that llama.cpp can read but that contain no model that generates text: a worker would crash or fail at
 * its first step.
 */
final class ServableModel {
    /**
     * llama.cpp gives these no memory for sequences (v0.5.0, {@code llama_model::create_memory}), whatever their
     * metadata say.
     */
    private static final Set<String> EMBEDDING = Set.of(
            "bert",
            "modern-bert",
            "nomic-bert",
            "nomic-bert-moe",
            "neo-bert",
            "jina-bert-v2",
            "jina-bert-v3",
            "eurobert",
            "gemma-embedding",
            "llama-embed",
            "t5encoder");

    private static final Set<String> DIFFUSION = Set.of("dream", "llada", "llada-moe", "rnd1");

    /** Models that only continue what another model has computed. */
    private static final Set<String> DRAFT = Set.of("eagle3", "dflash", "gemma4-assistant");

    private static final String NAME_ANOTHER = "Set quern.model (QUERN_MODEL) to a model that generates text";

    private ServableModel() {}

    /** @throws ModelFileException if the file holds no model that generates text */
    static void check(Path file, GgufMetadata metadata) {
        String type = metadata.text("general.type").orElse("model");
        String architecture = metadata.architecture().orElse("");
        if (type.equals("adapter") || architecture.equals("controlvector")) {
            throw new ModelFileException(
                    file,
                    "it is an adapter (LoRA or control vector), which only changes another model",
                    "Merge it into its base model and serve the result");
        } else if (type.equals("imatrix")) {
            throw new ModelFileException(
                    file,
                    "it is an importance matrix, which only helps to quantise a model",
                    "Set quern.model (QUERN_MODEL) to the model itself");
        } else if (type.equals("mmproj") || architecture.equals("clip")) {
            throw new ModelFileException(
                    file,
                    "it is the part of a model that reads images or sound (mmproj)",
                    "Set quern.model (QUERN_MODEL) to the file with the language model");
        } else if (architecture.isEmpty()) {
            throw new ModelFileException(
                    file, "it does not name the architecture of its model (general.architecture)", NAME_ANOTHER);
        } else if (metadata.tensorCount() == 0) {
            throw new ModelFileException(file, "it contains a vocabulary but no weights", NAME_ANOTHER);
        } else if (architecture.equals("t5")) {
            throw new ModelFileException(file, "it is an encoder-decoder model, which is not supported", NAME_ANOTHER);
        } else if (DIFFUSION.contains(architecture)) {
            throw new ModelFileException(
                    file, "it generates by diffusion (" + architecture + "), which is not supported", NAME_ANOTHER);
        } else if (DRAFT.contains(architecture)) {
            throw new ModelFileException(
                    file,
                    "it only drafts for another model (" + architecture + "), which is not supported",
                    NAME_ANOTHER);
        }
        checkGenerates(file, metadata, architecture);
    }

    private static void checkGenerates(Path file, GgufMetadata metadata, String architecture) {
        String why = null;
        if (EMBEDDING.contains(architecture)) {
            why = "architecture " + architecture;
        } else if (metadata.truth(architecture + ".attention.causal").equals(Optional.of(false))) {
            why = architecture + ".attention.causal is false";
        } else if (metadata.number(architecture + ".pooling_type").orElse(0) > 0) {
            why = architecture + ".pooling_type is "
                    + metadata.number(architecture + ".pooling_type").getAsLong();
        }
        if (why != null) {
            throw new ModelFileException(
                    file,
                    "it is an embedding or reranking model (" + why + "), which generates no text",
                    "Quern does not serve embeddings. " + NAME_ANOTHER);
        }
    }
}
