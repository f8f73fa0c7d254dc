package io.quern.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A store of a test with its own environment. Delays are recorded, not waited for. */
final class TestStore {
    final Path folder;
    final Map<String, String> variables = new HashMap<>();
    final List<Duration> delays = new CopyOnWriteArrayList<>();
    final List<PullEvent> events = new CopyOnWriteArrayList<>();
    long freeBytes = Long.MAX_VALUE / 4;
    boolean offline;

    TestStore(Path home, TestHub hub) {
        this.folder = home.resolve("models");
        variables.put("HF_ENDPOINT", hub.endpoint());
        variables.put("HF_HOME", home.resolve("huggingface").toString());
    }

    ModelStore store() {
        FixedStoreConfig config = new FixedStoreConfig(Optional.of(folder), offline);
        return new ModelStore(
                config,
                () -> folder,
                () -> HubEnvironment.of(variables, folder.resolveSibling("user")),
                new Retries.Policy(config.attempts(), config.maxDelay(), delays::add),
                path -> freeBytes);
    }

    StoredModel pull(String reference) throws InterruptedException {
        return store().pull(remote(reference), new Largest(), events::add);
    }

    static ModelReference.Remote remote(String reference) {
        return (ModelReference.Remote) ModelReference.parse(reference);
    }

    /** Chooses what has the most bytes. */
    static final class Largest implements QuantisationChoice {
        @Override
        public Choice choose(List<Candidate> candidates) {
            return new Choice(
                    candidates.stream()
                            .max(Comparator.comparingLong(Candidate::bytes))
                            .orElseThrow(),
                    "It is the largest.");
        }

        @Override
        public Optional<String> remark(Candidate named, List<Candidate> others) {
            return Optional.empty();
        }
    }

    <T extends PullEvent> List<T> events(Class<T> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    List<String> notices() {
        return events(PullEvent.Notice.class).stream()
                .map(PullEvent.Notice::text)
                .toList();
    }

    /** Returns the names of all files of the store except lock files. */
    List<String> files() throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        List<String> names = new ArrayList<>();
        try (Stream<Path> all = Files.walk(folder)) {
            all.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .filter(name -> !name.startsWith("locks/"))
                    .forEach(names::add);
        }
        return names;
    }
}
