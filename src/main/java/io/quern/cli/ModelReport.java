package io.quern.cli;

import io.quern.boot.MemoryPlan;
import io.quern.model.GgufMetadata;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code show} reports of a model. Values that the file does not contain are null.
 *
 * @param name as the user wrote it, or the exact name of a downloaded model
 * @param bytes size of all files
 * @param title what the model is called in its file
 * @param contextLength tokens that the model was trained for
 * @param sampling what applies to requests that do not set it, or null if the file recommends nothing
 * @param problem why Quern cannot serve it, or null
 * @param stored where it was downloaded from, or null for other files
 * @param memory null if it cannot be planned, because the model cannot be served
 */
record ModelReport(
        String name,
        String file,
        long bytes,
        @Nullable String title,
        @Nullable String architecture,
        long parameters,
        @Nullable String quantisation,
        @Nullable Long contextLength,
        @Nullable Long layers,
        @Nullable Long embeddingLength,
        @Nullable Long vocabulary,
        @Nullable String sampling,
        @Nullable String problem,
        @Nullable Chat chat,
        @Nullable Memory memory,
        @Nullable StoredModelView stored) {

    /**
     * What the model's chat template can do, found by rendering it.
     *
     * @param source {@code model}, or {@code ChatML} if the file has no template
     * @param tools whether the template mentions tools; for the others, the engine describes tools in words
     * @param reasoning whether it mentions reasoning
     * @param toolParser the format in which calls are expected, as in {@code quern.tool-parser}; null if the template
     *     cannot be used
     * @param reasoningParser the marks of reasoning, as in {@code quern.reasoning-parser}; null if the template cannot
     *     be used
     */
    record Chat(
            String source,
            boolean system,
            boolean turns,
            boolean tools,
            boolean reasoning,
            @Nullable String toolParser,
            @Nullable String reasoningParser,
            @Nullable String problem) {}

    /**
     * How a start with the present configuration would fit into memory.
     *
     * @param contextLength tokens per slot, or null if the worker chooses them from the model
     */
    record Memory(
            boolean fits, int slots, @Nullable Integer contextLength, long neededBytes, long limitBytes, String text) {
        static Memory of(MemoryPlan plan) {
            String text =
                    plan.problem() != null ? plan.problem() : plan.lowered().isEmpty() ? plan.text() : plan.lowered();
            return new Memory(
                    plan.problem() == null,
                    plan.slots(),
                    plan.contextLength() == 0 ? null : plan.contextLength(),
                    plan.neededBytes(),
                    plan.limitBytes(),
                    text);
        }
    }

    /** The parts of a report, in the order in which it is built. */
    record Parts(
            @Nullable String problem,
            @Nullable Chat chat,
            @Nullable Memory memory,
            @Nullable StoredModelView stored) {}

    static ModelReport of(String name, Path file, GgufMetadata metadata, Parts parts) {
        return new ModelReport(
                name,
                file.toString(),
                metadata.fileSize(),
                metadata.name().orElse(null),
                metadata.architecture().orElse(null),
                metadata.parameterCount(),
                Optional.ofNullable(parts.stored())
                        .map(StoredModelView::quantisation)
                        .or(metadata::quantisation)
                        .orElse(null),
                orNull(metadata.contextLength()),
                orNull(metadata.blockCount()),
                orNull(metadata.embeddingLength()),
                orNull(metadata.vocabularySize()),
                metadata.recommendedSampling().isEmpty()
                        ? null
                        : metadata.recommendedSampling().text(),
                parts.problem(),
                parts.chat(),
                parts.memory(),
                parts.stored());
    }

    private static @Nullable Long orNull(OptionalLong number) {
        return number.isPresent() ? number.getAsLong() : null;
    }

    /** Returns the abilities of the template as words. */
    List<String> abilities() {
        if (chat == null) {
            return List.of();
        }
        return Stream.of(
                        chat.system ? "system messages" : "",
                        chat.turns ? "several turns" : "",
                        words("tools", chat.tools, chat.toolParser),
                        words("reasoning", chat.reasoning, chat.reasoningParser))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    private static String words(String ability, boolean present, @Nullable String parser) {
        return !present ? "" : parser == null ? ability : ability + " (" + parser + ")";
    }
}
