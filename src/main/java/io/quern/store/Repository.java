package io.quern.store;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The models in a repository of the hub: its GGUF files, with the parts of split models together. Files that only help
 * a model, such as mmproj files and importance matrices, are no models. Immutable.
 */
final class Repository {
    private static final Pattern HELPER =
            Pattern.compile("(^|[^a-z0-9])(mmproj|imatrix|lora|control-?vector)([^a-z0-9]|$)");

    private final ModelReference.Hub reference;
    private final List<Entry> entries;
    private final List<Candidate> candidates;

    /**
     * A file of the repository.
     *
     * @param path in the repository
     * @param size in bytes
     */
    record Entry(String path, long size) {}

    /** @param header opens the file of an entry for reading its header */
    Repository(ModelReference.Hub reference, List<Entry> entries, Function<Entry, RemoteBytes> header) {
        this.reference = reference;
        this.entries = entries;
        this.candidates = candidates(entries, header);
    }

    List<Candidate> candidates() {
        return candidates;
    }

    private static List<Candidate> candidates(List<Entry> entries, Function<Entry, RemoteBytes> header) {
        Map<String, Entry> byPath = new LinkedHashMap<>();
        entries.forEach(entry -> byPath.put(entry.path(), entry));
        List<Candidate> found = new ArrayList<>();
        for (Entry entry : entries) {
            String path = entry.path();
            if (!isModel(path) || !SplitName.first(path).equals(path)) {
                continue;
            }
            List<String> parts = SplitName.of(path).map(SplitName::parts).orElse(List.of(path));
            if (byPath.keySet().containsAll(parts)) {
                long bytes =
                        parts.stream().mapToLong(part -> size(byPath, part)).sum();
                found.add(new Candidate(QuantisationName.in(path).orElse(path), parts, bytes, header.apply(entry)));
            }
        }
        found.sort(Comparator.comparingLong(Candidate::bytes).reversed());
        return List.copyOf(found);
    }

    private static long size(Map<String, Entry> byPath, String path) {
        Entry entry = byPath.get(path);
        return entry == null ? 0 : entry.size();
    }

    private static boolean isModel(String path) {
        String lower = path.toLowerCase(Locale.ROOT);
        return lower.endsWith(ReferenceParser.EXTENSION)
                && !HELPER.matcher(lower).find();
    }

    /**
     * Finds the model that the reference names by quantisation or file.
     *
     * @throws StoreException if there is none; the message offers what there is
     */
    Candidate named() {
        return reference
                .file()
                .map(this::withFile)
                .orElseGet(() -> withQuantisation(reference.quantisation().orElseThrow()));
    }

    private Candidate withFile(String path) {
        return candidates.stream()
                .filter(candidate -> candidate.files().getFirst().equals(path))
                .findFirst()
                .or(() -> helper(path))
                .orElseThrow(() -> {
                    List<String> paths = entries.stream()
                            .map(Entry::path)
                            .filter(one -> one.endsWith(ReferenceParser.EXTENSION))
                            .toList();
                    return missing("no file " + path, Nearest.of(path, paths), paths.isEmpty());
                });
    }

    /** A user who names such a file gets it, and an error when it is loaded. */
    private Optional<Candidate> helper(String path) {
        return entries.stream()
                .filter(entry -> entry.path().equals(path) && SplitName.of(path).isEmpty())
                .findFirst()
                .map(entry -> new Candidate(path, List.of(path), entry.size(), NoHeader.INSTANCE));
    }

    private Candidate withQuantisation(String name) {
        List<Candidate> exact = candidates.stream()
                .filter(candidate -> candidate.quantisation().equalsIgnoreCase(name))
                .toList();
        if (exact.size() > 1) {
            throw new StoreException(
                    StoreProblem.NOT_FOUND,
                    "Cannot tell which model is meant by " + reference + ": " + reference.repository() + " has "
                            + exact.size() + " with this quantisation. Name the file: "
                            + String.join(", ", exact.stream().map(this::named).toList()));
        }
        return exact.stream().findFirst().orElseThrow(() -> {
            List<String> names =
                    candidates.stream().map(Candidate::quantisation).distinct().toList();
            return missing("no quantisation " + name, Nearest.first(name, names), names.isEmpty());
        });
    }

    private String named(Candidate candidate) {
        return reference.withFile(candidate.files().getFirst()).toString();
    }

    /** @throws StoreException if the repository contains no model in GGUF format */
    void requireModels() {
        if (candidates.isEmpty()) {
            throw missing("no model in GGUF format", List.of(), true);
        }
    }

    private StoreException missing(String what, List<String> offers, boolean none) {
        String advice = none
                ? "Look for a repository with GGUF files; the names of most end in -GGUF"
                : "It has: " + String.join(", ", offers);
        return new StoreException(
                StoreProblem.NOT_FOUND,
                "Cannot find model " + reference + ": " + reference.repository() + " has " + what
                        + (reference.revision().equals(ModelReference.Hub.DEFAULT_REVISION)
                                ? ""
                                : " at revision " + reference.revision())
                        + ". " + advice + ".");
    }

    /**
     * Returns the reference that names exactly this candidate: by quantisation if only one has it, otherwise by file.
     */
    ModelReference.Hub exact(Candidate candidate) {
        boolean unique = QuantisationName.in(candidate.files().getFirst()).isPresent()
                && candidates.stream()
                                .filter(other -> other.quantisation().equals(candidate.quantisation()))
                                .count()
                        == 1;
        return unique
                ? reference.withQuantisation(candidate.quantisation())
                : reference.withFile(candidate.files().getFirst());
    }
}
