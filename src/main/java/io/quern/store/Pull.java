package io.quern.store;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Pulls one model. Used once, by one thread. */
final class Pull implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(500);

    /** Another process that does not write for so long is not expected to finish. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final StoreFolder store;
    private final Manifests manifests;
    private final Leftovers leftovers;
    private final StoreConfig config;
    private final HubEnvironment environment;
    private final Retries.Policy retries;
    private final DiskSpace space;
    private final PullListener listener;
    private final Http http;

    /**
     * What is to be downloaded.
     *
     * @param exact names exactly this model
     * @param paths of the files in the repository
     */
    private record Plan(
            ModelReference.Remote exact,
            String requested,
            List<RemoteFile> files,
            List<String> paths,
            Optional<String> commit) {

        /** Returns the key of the content, if all checksums are known. */
        Optional<String> key() {
            return files.stream().allMatch(file -> file.sha256().isPresent())
                    ? Optional.of(ContentKey.of(files.stream()
                            .map(file -> file.sha256().orElseThrow())
                            .toList()))
                    : Optional.empty();
        }

        /** Returns the id of the download: two references to the same content share it. */
        String id() {
            return key().orElseGet(() -> Manifest.hex(Manifest.source(exact)));
        }
    }

    /** What belongs to a store. */
    record Parts(
            StoreFolder store,
            StoreConfig config,
            HubEnvironment environment,
            Retries.Policy retries,
            DiskSpace space) {}

    Pull(Parts parts, PullListener listener) {
        this.store = parts.store();
        this.manifests = new Manifests(store);
        this.leftovers = new Leftovers(store, manifests);
        this.config = parts.config();
        this.environment = parts.environment();
        this.retries = parts.retries();
        this.space = parts.space();
        this.listener = listener;
        this.http = new Http(environment, config);
    }

    /** Pulls a model. */
    StoredModel run(ModelReference.Remote reference, QuantisationChoice choice) throws InterruptedException {
        store.create();
        leftovers.cleanPartials(config.keepPartial());
        listener.on(new PullEvent.Resolving(reference));
        StoredModel model =
                switch (reference) {
                    case ModelReference.Hub hub -> hub(hub, choice);
                    case ModelReference.Web web -> web(web);
                };
        leftovers.cleanContent();
        return model;
    }

    private StoredModel hub(ModelReference.Hub reference, QuantisationChoice choice) throws InterruptedException {
        HubClient hub = new HubClient(http, environment, retries, listener);
        Repository repository = hub.repository(reference);
        QuantisationChoice.Choice chosen;
        try {
            chosen = chosen(reference, repository, choice);
        } catch (StoreException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            throw e;
        }
        Plan plan = plan(hub, reference, repository.exact(chosen.candidate()), chosen.candidate());
        long bytes = plan.files().stream()
                .mapToLong(file -> Math.max(0, file.size()))
                .sum();
        listener.on(
                new PullEvent.Chosen(plan.exact(), chosen.reason(), plan.files().size(), bytes));
        Optional<StoredModel> here = present(plan).or(() -> cached(reference, plan));
        return here.isPresent() ? here.get() : download(plan);
    }

    private QuantisationChoice.Choice chosen(
            ModelReference.Hub reference, Repository repository, QuantisationChoice choice) {
        if (reference.file().isEmpty() && reference.quantisation().isEmpty()) {
            repository.requireModels();
            return choice.choose(repository.candidates());
        }
        Candidate named = repository.named();
        choice.remark(named, repository.candidates()).ifPresent(text -> listener.on(new PullEvent.Notice(text, true)));
        return new QuantisationChoice.Choice(named, "");
    }

    private static Plan plan(HubClient hub, ModelReference.Hub reference, ModelReference.Hub exact, Candidate candidate)
            throws InterruptedException {
        List<RemoteFile> files = new ArrayList<>();
        String revision = reference.revision();
        Optional<String> commit = Optional.empty();
        for (String path : candidate.files()) {
            HubClient.Metadata metadata = hub.metadata(reference, revision, path);
            commit = commit.or(metadata::commit);
            // the other files come from the same commit, even if somebody changes the branch meanwhile
            revision = commit.orElse(revision);
            files.add(new RemoteFile(
                    FileName.plain(path), hub.file(reference, revision, path), metadata.size(), metadata.sha256()));
        }
        return new Plan(exact, reference.toString(), List.copyOf(files), candidate.files(), commit);
    }

    /** Pulls a file from a web server, or all parts of a split model. */
    private StoredModel web(ModelReference.Web reference) throws InterruptedException {
        List<RemoteFile> files = SplitName.of(reference.uri().getPath())
                .map(split -> parts(reference.uri(), split))
                .orElseGet(() -> List.of(new RemoteFile(reference.fileName(), reference.uri(), -1, Optional.empty())));
        Plan plan = new Plan(reference, reference.toString(), files, List.of(), Optional.empty());
        Optional<Manifest> manifest = manifests.of(reference);
        Optional<StoredModel> here = manifest.flatMap(found -> found.model(store));
        if (here.isPresent()) {
            Source source = new Source(http, files.getFirst(), reference.toString());
            Source.Facts facts = new Retries(retries, listener).run(source::facts);
            boolean changed = facts.validator().isEmpty()
                    ? facts.size() >= 0
                            && facts.size() != manifest.get().bytes().getFirst()
                    : !facts.validator().equals(manifest.get().etag());
            if (!changed) {
                return here.get();
            }
        }
        listener.on(new PullEvent.Chosen(reference, "", files.size(), 0));
        return download(plan);
    }

    private static List<RemoteFile> parts(URI first, SplitName split) {
        List<RemoteFile> files = new ArrayList<>();
        String text = first.toString();
        int end = text.indexOf('?') < 0 ? text.length() : text.indexOf('?');
        int slash = text.lastIndexOf('/', end);
        String start = SplitName.of(text.substring(slash + 1, end))
                .map(SplitName::prefix)
                .orElseThrow();
        for (String path : new SplitName(start, 1, split.count()).parts()) {
            URI uri = URI.create(text.substring(0, slash + 1) + path + text.substring(end));
            files.add(new RemoteFile(new ModelReference.Web(uri).fileName(), uri, -1, Optional.empty()));
        }
        return List.copyOf(files);
    }

    /** Returns the model if this version of it is in the store. */
    private Optional<StoredModel> present(Plan plan) {
        return manifests
                .of(plan.exact())
                .filter(manifest -> plan.key().filter(manifest.key()::equals).isPresent())
                .flatMap(manifest -> manifest.model(store).map(model -> {
                    manifests.write(manifest.requestedAs(plan.requested(), plan.commit()));
                    return model;
                }));
    }

    /** Returns the model if the hub's own client has downloaded this version of it. */
    private Optional<StoredModel> cached(ModelReference.Hub reference, Plan plan) {
        return new HubCache(environment.cache())
                .holding(reference, plan.paths(), plan.files())
                .map(folder -> {
                    List<String> names = plan.paths().stream()
                            .map(path -> path.substring(path.lastIndexOf('/') + 1))
                            .toList();
                    listener.on(new PullEvent.Notice(
                            "Nothing is downloaded: the hub's own client has this version in its cache (" + folder
                                    + ").",
                            false));
                    return save(plan, plan.key().orElseThrow(), Optional.of(folder), names, Optional.empty());
                });
    }

    private StoredModel download(Plan plan) throws InterruptedException {
        try (FileLocks.Claim lock = lock(plan.id())) {
            Optional<StoredModel> here = present(plan);
            if (here.isPresent()) {
                return here.get();
            }
            Optional<StoredModel> other = plan.key().flatMap(key -> published(plan, key));
            if (other.isPresent()) {
                return other.get();
            }
            Download download = new Download(
                    http,
                    plan.files(),
                    new FileDownload.Settings(plan.id(), config.connections(), retries, store, space),
                    plan.exact().toString());
            List<FileDownload.Done> done = download.run(Manifest.source(plan.exact()), listener);
            return publish(plan, download, done);
        }
    }

    /** Returns the model if another reference to the same content was pulled. */
    private Optional<StoredModel> published(Plan plan, String key) {
        return manifests.all().stream()
                .filter(manifest -> manifest.key().equals(key)
                        && manifest.folder().isEmpty()
                        && manifest.model(store).isPresent())
                .findFirst()
                .map(manifest -> save(plan, key, Optional.empty(), manifest.names(), Optional.empty()));
    }

    private StoredModel publish(Plan plan, Download download, List<FileDownload.Done> done) {
        String key = Download.key(done);
        Optional<FileLocks.Claim> claim = store.use(key);
        try (FileLocks.Claim use = claim.orElseGet(FileLocks::none)) {
            List<String> names = download.publish(key);
            StoredModel model =
                    save(plan, key, Optional.empty(), names, done.getFirst().validator());
            download.clean();
            if (!model.verified()) {
                listener.on(new PullEvent.Notice(
                        "The server announces no checksum, so the content could not be verified. Its SHA-256 is " + key
                                + ".",
                        true));
            }
            return model;
        }
    }

    private StoredModel save(
            Plan plan, String key, Optional<Path> folder, List<String> names, Optional<String> validator) {
        Path where = folder.orElseGet(() -> store.content(key));
        List<Long> bytes = new ArrayList<>();
        try {
            for (String name : names) {
                bytes.add(Files.size(where.resolve(name)));
            }
        } catch (IOException e) {
            throw store.unusable("read", e);
        }
        Manifest manifest = new Manifest(
                plan.exact(),
                Manifest.source(plan.exact()),
                plan.requested(),
                key,
                folder,
                names,
                List.copyOf(bytes),
                QuantisationName.in(
                        plan.paths().isEmpty() ? names.getFirst() : plan.paths().getFirst()),
                plan.key().isPresent(),
                plan.commit(),
                validator,
                Instant.now());
        manifests.write(manifest);
        return manifest.model(store).orElseThrow();
    }

    /** Waits until no other process downloads the same. */
    private FileLocks.Claim lock(String id) throws InterruptedException {
        Instant begin = Instant.now();
        Path folder = store.partials().resolve(id);
        try {
            while (true) {
                Optional<FileLocks.Claim> claim = FileLocks.exclusive(store.downloadLock(id));
                if (claim.isPresent()) {
                    return claim.get();
                }
                Instant active = Files.exists(folder) ? Leftovers.newest(folder) : begin;
                Duration idle = Duration.between(active.isAfter(begin) ? active : begin, Instant.now());
                if (idle.compareTo(PATIENCE) > 0) {
                    throw busy(id);
                }
                listener.on(new PullEvent.Waiting(Duration.between(begin, Instant.now())));
                Thread.sleep(POLL);
            }
        } catch (IOException e) {
            throw store.failed(e);
        }
    }

    private StoreException busy(String id) {
        List<Long> pids = LockHolders.of(store.downloadLock(id));
        return new StoreException(
                StoreProblem.BUSY,
                "Cannot download: another process"
                        + (pids.isEmpty() ? "" : " (pid " + pids.getFirst() + ")")
                        + " downloads the same files, but has written nothing for " + PATIENCE.toMinutes()
                        + " minutes. End it, then run the same command again: it continues where that one stopped.");
    }

    @Override
    public void close() {
        http.close();
    }
}
