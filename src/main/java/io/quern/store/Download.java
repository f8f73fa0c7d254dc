package io.quern.store;

import io.quern.files.PrivateFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Downloads the files of a model to a partial folder, then moves them to the folder of their content. The caller holds
 * the download's lock.
 */
final class Download {
    static final String PLAN = "model";

    /** The folder of complete files in a partial folder; it becomes the folder of the content in one step. */
    static final String COMPLETE = "complete";

    private static final String VERIFIED = ".verified";

    private final Http http;
    private final List<RemoteFile> files;
    private final FileDownload.Settings settings;
    private final String shown;
    private final Path folder;

    /** @param shown the reference, for messages */
    Download(Http http, List<RemoteFile> files, FileDownload.Settings settings, String shown) {
        this.http = http;
        this.files = files;
        this.settings = settings;
        this.shown = shown;
        this.folder = settings.store().partials().resolve(settings.id());
    }

    /** Downloads what is missing. Blocks. */
    List<FileDownload.Done> run(String source, PullListener listener) throws InterruptedException {
        Progress progress = new Progress(
                listener,
                files.stream().anyMatch(file -> file.size() < 0)
                        ? 0
                        : files.stream().mapToLong(RemoteFile::size).sum());
        try {
            PrivateFolder.make(folder);
            PrivateFolder.write(folder.resolve(PLAN), source + "\n");
            Optional<List<FileDownload.Done>> published = published(progress);
            if (published.isPresent()) {
                return published.get();
            }
            takeBack();
            settings.space().require(settings.id(), missing(), shown);
            List<FileDownload.Done> all = new ArrayList<>();
            for (RemoteFile file : files) {
                all.add(one(file, progress));
            }
            return all;
        } catch (IOException e) {
            throw settings.store().failed(e);
        }
    }

    /** Returns all files if an earlier attempt ended between publishing them and writing the manifest. */
    private Optional<List<FileDownload.Done>> published(Progress progress) throws IOException, InterruptedException {
        List<FileDownload.Done> all = new ArrayList<>();
        for (RemoteFile file : files) {
            Path target = folder.resolve(file.name());
            Optional<FileDownload.Done> done = recorded(target, file);
            if (done.isEmpty()
                    || !new FileDownload(http, file, target, settings, progress, shown).isCurrent(done.get())) {
                return Optional.empty();
            }
            all.add(done.get());
        }
        return settings.store().filesOf(key(all)).size() == files.size() ? Optional.of(all) : Optional.empty();
    }

    static String key(List<FileDownload.Done> all) {
        return ContentKey.of(all.stream().map(FileDownload.Done::sha256).toList());
    }

    /** Takes complete files back that an earlier attempt was about to publish. */
    private void takeBack() throws IOException {
        for (Path file : StoreFolder.in(folder.resolve(COMPLETE), "*")) {
            Files.move(file, folder.resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private long missing() throws IOException {
        long missing = 0;
        for (RemoteFile file : files) {
            Path target = folder.resolve(file.name());
            if (file.size() > 0 && !Files.exists(target)) {
                missing += Math.max(0, file.size() - PartialFile.allocated(target));
            }
        }
        return missing;
    }

    private FileDownload.Done one(RemoteFile file, Progress progress) throws IOException, InterruptedException {
        Path target = folder.resolve(file.name());
        FileDownload download = new FileDownload(http, file, target, settings, progress, shown);
        Optional<FileDownload.Done> earlier = earlier(target, file);
        if (earlier.isPresent() && download.isCurrent(earlier.get())) {
            progress.found(Files.size(target));
            return earlier.get();
        }
        Files.deleteIfExists(target);
        FileDownload.Done done = download.run();
        PrivateFolder.write(
                verified(target), done.sha256() + "\n" + done.validator().orElse("") + "\n");
        return done;
    }

    /** Returns a file that an earlier attempt has finished. */
    private static Optional<FileDownload.Done> earlier(Path target, RemoteFile file) throws IOException {
        return Files.exists(target) && (file.size() < 0 || Files.size(target) == file.size())
                ? recorded(target, file)
                : Optional.empty();
    }

    /** Returns what an earlier attempt has recorded of a file after it was verified. */
    private static Optional<FileDownload.Done> recorded(Path target, RemoteFile file) {
        try {
            List<String> lines = Files.readAllLines(verified(target));
            return lines.size() == 2
                            && file.sha256().map(lines.getFirst()::equals).orElse(true)
                    ? Optional.of(new FileDownload.Done(
                            lines.getFirst(), Optional.of(lines.getLast()).filter(text -> !text.isEmpty())))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Path verified(Path target) {
        return PartialFile.sibling(target, VERIFIED);
    }

    /**
     * Moves the files to the folder of their content. The caller has claimed it for use.
     *
     * @return the names of the files there
     */
    List<String> publish(String key) {
        Path content = settings.store().content(key);
        List<String> names = files.stream().map(RemoteFile::name).toList();
        try {
            List<String> there = settings.store().filesOf(key);
            if (there.size() == names.size()) {
                return there;
            }
            if (Files.exists(content)) {
                // somebody has deleted one of its files
                PrivateFolder.delete(content);
            }
            Path complete = PrivateFolder.make(folder.resolve(COMPLETE));
            for (String name : names) {
                Files.move(folder.resolve(name), complete.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            }
            StoreFolder.flush(complete);
            Files.move(complete, content, StandardCopyOption.ATOMIC_MOVE);
            StoreFolder.flush(settings.store().contents());
            return names;
        } catch (IOException e) {
            throw settings.store().unusable("write to", e);
        }
    }

    /** Deletes the partial folder. What cannot be deleted is deleted by a later download. */
    void clean() {
        try {
            PrivateFolder.delete(folder);
        } catch (IOException e) {
            // stays until it is old
        }
    }
}
