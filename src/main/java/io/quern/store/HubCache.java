package io.quern.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The cache of the hub's own client, which Quern only reads. A repository has a folder there:
 * {@code refs/REVISION} contains a commit, and {@code snapshots/COMMIT/FILE} links to {@code blobs/CHECKSUM}.
 */
final class HubCache {
    private final Path cache;

    HubCache(Path cache) {
        this.cache = cache;
    }

    /**
     * Finds a model by name. If the reference names neither quantisation nor file, only the single model of a snapshot
     * is meant.
     */
    Optional<StoredModel> find(ModelReference.Hub reference) {
        Path repository = repository(reference);
        Path snapshots = repository.resolve("snapshots");
        Optional<String> commit = commit(repository, reference.revision())
                .or(() -> Optional.of(reference.revision()))
                .filter(id -> Files.isDirectory(snapshots.resolve(id)));
        if (commit.isEmpty()) {
            return Optional.empty();
        }
        Path snapshot = snapshots.resolve(commit.get());
        Repository found = new Repository(reference, entries(snapshot), entry -> NoHeader.INSTANCE);
        List<Candidate> meant = found.candidates().stream()
                .filter(candidate -> reference
                        .quantisation()
                        .map(candidate.quantisation()::equalsIgnoreCase)
                        .orElse(true))
                .filter(candidate -> reference
                        .file()
                        .map(candidate.files().getFirst()::equals)
                        .orElse(true))
                .toList();
        return meant.size() == 1
                ? Optional.of(model(found.exact(meant.getFirst()), meant.getFirst(), snapshot, commit.get()))
                : Optional.empty();
    }

    /**
     * Finds files by their content.
     *
     * @param paths of the files in the repository
     * @param files the same files with size and checksum
     * @return the folder of a snapshot that contains all of them, in one folder
     */
    Optional<Path> holding(ModelReference.Hub reference, List<String> paths, List<RemoteFile> files) {
        try (Stream<Path> snapshots = Files.list(repository(reference).resolve("snapshots"))) {
            return snapshots
                    .filter(snapshot -> holds(snapshot, paths, files))
                    .map(snapshot ->
                            snapshot.resolve(paths.getFirst()).toAbsolutePath().getParent())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static boolean holds(Path snapshot, List<String> paths, List<RemoteFile> files) {
        for (int i = 0; i < paths.size(); i++) {
            Path file = snapshot.resolve(paths.get(i));
            try {
                // the client names a blob by its checksum once it is complete
                if (files.get(i).sha256().filter(checksum(file)::equals).isEmpty()
                        || Files.size(file) != files.get(i).size()) {
                    return false;
                }
            } catch (IOException e) {
                return false;
            }
        }
        return true;
    }

    private static String checksum(Path file) throws IOException {
        return file.toRealPath().getFileName().toString();
    }

    private Path repository(ModelReference.Hub reference) {
        return cache.resolve("models--" + reference.owner() + "--" + reference.repo());
    }

    private static Optional<String> commit(Path repository, String revision) {
        try {
            String commit = Files.readString(repository.resolve("refs").resolve(revision))
                    .strip();
            return commit.matches("[0-9a-f]{7,64}") ? Optional.of(commit) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static List<Repository.Entry> entries(Path snapshot) {
        List<Repository.Entry> entries = new ArrayList<>();
        try (Stream<Path> files = Files.walk(snapshot)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                entries.add(new Repository.Entry(snapshot.relativize(file).toString(), Files.size(file)));
            }
        } catch (IOException e) {
            return List.of();
        }
        return entries;
    }

    private static StoredModel model(ModelReference.Hub exact, Candidate candidate, Path snapshot, String commit) {
        List<Path> files = candidate.files().stream().map(snapshot::resolve).toList();
        List<String> checksums = new ArrayList<>();
        Instant modified = Instant.EPOCH;
        try {
            for (Path file : files) {
                checksums.add(checksum(file));
            }
            modified = Files.getLastModifiedTime(files.getFirst()).toInstant();
        } catch (IOException e) {
            // the file was there a moment ago; opening it reports that it is gone
        }
        boolean known = checksums.stream().allMatch(text -> text.matches("[0-9a-f]{64}"));
        return new StoredModel(
                exact,
                files,
                candidate.bytes(),
                QuantisationName.in(candidate.files().getFirst()),
                ContentKey.of(known ? checksums : List.of(Manifest.hex(files.toString()))),
                known,
                Optional.of(commit),
                modified,
                StoredModel.Origin.HUB_CACHE);
    }
}
