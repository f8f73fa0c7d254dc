package io.quern.home;

import io.quern.files.PrivateFolder;
import io.quern.files.Trust;
import io.quern.files.UntrustedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The folder that Quern writes to, created when first needed. Several threads may use an instance, and several
 * processes may share one folder.
 *
 * <p>No other user may be able to change its content, because Quern loads programs, libraries and cached code from it.
 * If others may write to the configured folder, such as a volume or /tmp, the home is a private folder
 * {@code quern-UID} in it. A folder owned by a user other than this one and root is refused.
 */
public final class QuernHome {
    private static final String UNPACKED = "unpacked";
    private static final String RUN = "run";
    private static final String SEAL = ".seal";

    private final Path folder;
    private final Optional<Path> prepared;

    private QuernHome(Path folder, Optional<Path> prepared) {
        this.folder = usable(folder.toAbsolutePath().normalize());
        this.prepared = prepared.map(one -> trusted(one.toAbsolutePath().normalize()));
    }

    private static Path usable(Path folder) {
        try {
            return PrivateFolder.isShared(folder) ? PrivateFolder.nameIn(folder) : folder;
        } catch (UntrustedFileException e) {
            throw new HomeException(folder, e);
        } catch (IOException e) {
            // it cannot be read, so it cannot be written either; the first write reports that
            return folder;
        }
    }

    private static Path trusted(Path prepared) {
        try {
            Trust.require(prepared);
            return prepared;
        } catch (IOException e) {
            throw HomeException.prepared(prepared, e);
        }
    }

    /**
     * Locates the home and the prepared folder.
     *
     * @throws HomeException if no folder is configured and the user is unknown, or if another user could change the
     *     content of one of the folders
     */
    public static QuernHome locate(HomeConfig config) {
        return new QuernHome(configured(config.home()), config.prepared());
    }

    /**
     * Locates the home.
     *
     * @param configured {@code quern.home} (environment: QUERN_HOME); by default {@code quern} in the user's cache
     *     folder: {@code XDG_CACHE_HOME} or {@code ~/.cache}, {@code ~/Library/Caches} on macOS, {@code LOCALAPPDATA}
     *     on Windows
     * @throws HomeException if no folder is configured and the user is unknown, or if another user could change the
     *     content of the folder
     */
    public static QuernHome locate(Optional<Path> configured) {
        return new QuernHome(configured(configured), Optional.empty());
    }

    private static Path configured(Optional<Path> configured) {
        return configured.orElseGet(() -> HomeLocation.ofThisProcess().folder());
    }

    /** Returns the prepared folder: it has the same content, is never written, and is searched first. */
    public Optional<Path> prepared() {
        return prepared;
    }

    /** Returns the home, which may not exist yet. */
    public Path folder() {
        return folder;
    }

    /**
     * Returns a private folder in the home (mode 0700), and creates it if it does not exist.
     *
     * @throws HomeException if it cannot be created, or belongs to another user
     */
    public Path make(String name) {
        try {
            makeItself();
            return PrivateFolder.make(folder.resolve(name));
        } catch (IOException e) {
            throw new HomeException(folder, e);
        }
    }

    /**
     * Returns a private folder for sockets and similar files: {@code run} in the home, or {@code quern-UID} in the
     * system's temporary folder if the path of a socket would be too long.
     *
     * @param fits whether a path is short enough
     * @throws HomeException if none can be created
     */
    public Path run(Predicate<Path> fits) {
        if (fits.test(folder.resolve(RUN))) {
            return make(RUN);
        }
        Path temporary = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
        try {
            if (!fits.test(PrivateFolder.nameIn(temporary))) {
                throw new IOException("its path is too long too");
            }
            Trust.requireWay(temporary.resolve(RUN));
            return PrivateFolder.in(temporary);
        } catch (IOException e) {
            throw HomeException.tooLong(folder, temporary, e);
        }
    }

    /** Creates the home. An existing folder keeps its mode, because others may use it too. */
    private void makeItself() throws IOException {
        if (!Files.isDirectory(folder)) {
            PrivateFolder.make(folder);
        }
    }

    /**
     * Returns a folder that contains the resources as files: the folder itself if the class path is a directory (dev
     * mode, tests), otherwise a folder in the home to which they are unpacked, see {@link #unpack}.
     *
     * @param name of the bundle
     */
    public Path lay(ClassPathFolder resources, String name) {
        Bundle bundle = resources.bundle(name);
        return resources.inFileSystem().filter(bundle::isWholeIn).orElseGet(() -> unpack(bundle));
    }

    /**
     * Unpacks the bundle's files to a folder of their own, unless they are there already, and returns that folder.
     * Blocks while it writes; once they are unpacked it only checks the metadata of each file. The folder's name
     * contains a digest of the content, so different versions of Quern use different folders.
     *
     * <p>The digest of each file is verified when it is written, and again after it was changed, replaced or given to
     * another owner. As long as nothing has changed, the metadata is enough (see {@link io.quern.files.Seal}). The
     * prepared folder is trusted as the application itself is: by owner and mode. Nothing is deleted except leftovers
     * of killed processes. The folder may be deleted while no Quern runs.
     *
     * @throws HomeException if the folder cannot be written, or another user could change it
     * @throws DamagedBundleException if the content does not match the bundle's digests
     */
    public Path unpack(Bundle bundle) {
        Optional<Path> ready = prepared.map(one -> one.resolve(UNPACKED).resolve(bundle.folderName()))
                .filter(bundle::isWholeIn);
        if (ready.isPresent()) {
            requireTrusted(bundle, ready.get());
            return ready.get();
        }
        Path unpacked = folder.resolve(UNPACKED);
        Path target = unpacked.resolve(bundle.folderName());
        Path seal = unpacked.resolve(bundle.folderName() + SEAL);
        if (Trust.isFolder(unpacked) && bundle.isSealedIn(target, seal)) {
            return target;
        }
        try {
            makeItself();
            if (!Trust.isFolder(unpacked)) {
                PrivateFolder.make(unpacked);
            }
            new Unpacker(unpacked).unpack(bundle, target, seal);
            return target;
        } catch (IOException e) {
            throw new HomeException(folder, e);
        }
    }

    private static void requireTrusted(Bundle bundle, Path folder) {
        try {
            Trust.requireItself(folder);
            for (Path file : bundle.filesIn(folder)) {
                Trust.requireItself(file);
            }
        } catch (IOException e) {
            throw HomeException.prepared(folder, e);
        }
    }
}
