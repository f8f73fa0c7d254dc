package io.quern.model;

import io.quern.store.SplitName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * A model in several files, as llama.cpp's gguf-split writes them: {@code name-00001-of-00003.gguf} and so on. The
 * first file contains the metadata, and each contains some of the tensors. llama.cpp gets the path of the first and
 * finds the others by name.
 */
final class SplitFile {
    private SplitFile() {}

    /**
     * Reads the headers of all parts after the first; empty for a model in one file.
     *
     * @throws ModelFileException if the file is not the first part, or if another part is missing, broken or belongs to
     *     another model
     */
    static List<GgufMetadata> others(Path file, GgufMetadata metadata) {
        long count = metadata.number("split.count").orElse(1);
        if (count <= 1) {
            return List.of();
        }
        long number = metadata.number("split.no").orElse(0) + 1;
        String prefix = prefix(file, number, count);
        if (number != 1) {
            throw new ModelFileException(
                    file,
                    "it is part " + number + " of a model in " + count + " files",
                    "Set quern.model (QUERN_MODEL) to the first part, " + part(file, prefix, 1, count));
        }
        List<GgufMetadata> others = new ArrayList<>();
        long tensors = metadata.tensorCount();
        for (long other = 2; other <= count; other++) {
            GgufMetadata part = read(file, part(file, prefix, other, count), other, count);
            tensors += part.tensorCount();
            others.add(part);
        }
        OptionalLong announced = metadata.number("split.tensors.count");
        if (announced.isPresent() && announced.getAsLong() != tensors) {
            throw new ModelFileException(
                    file,
                    "it announces " + announced.getAsLong() + " tensors, but its " + count + " parts contain "
                            + tensors,
                    "The parts are of different models or versions: fetch them again");
        }
        return others;
    }

    /** Returns the file's name without the number of the part, if it has one. */
    static String nameOfWhole(String fileName) {
        return SplitName.of(fileName).map(SplitName::prefix).orElse(fileName);
    }

    private static String prefix(Path file, long number, long count) {
        String ending = "-%05d-of-%05d.gguf".formatted(number, count);
        String name = file.getFileName().toString();
        if (!name.endsWith(ending) || name.length() == ending.length()) {
            throw new ModelFileException(
                    file,
                    "it is part " + number + " of a model in " + count + " files, but its name does not end in "
                            + ending,
                    "Give all parts their original names: llama.cpp finds them by name");
        }
        return name.substring(0, name.length() - ending.length());
    }

    private static Path part(Path file, String prefix, long number, long count) {
        return file.resolveSibling("%s-%05d-of-%05d.gguf".formatted(prefix, number, count));
    }

    private static GgufMetadata read(Path first, Path part, long number, long count) {
        if (!Files.exists(part)) {
            throw new ModelFileException(
                    first,
                    "it is the first of " + count + " files, but part " + number + " is missing: " + part
                            + " does not exist",
                    "Fetch the missing parts into the same folder");
        }
        GgufMetadata metadata = GgufMetadata.readOne(part);
        long actual = metadata.number("split.no").orElse(-1) + 1;
        if (actual != number || metadata.number("split.count").orElse(0) != count) {
            throw new ModelFileException(
                    part, "it is not part " + number + " of " + count + " of this model", "Fetch it again");
        }
        return metadata;
    }
}
