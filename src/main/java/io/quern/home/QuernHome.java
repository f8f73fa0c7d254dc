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
 * The folder that Quern writes below, created when first needed. Safe for use by several threads; several processes may share
 * one folder.
 *
 * <p>No other user may be able to change what lies in it, since programs, libraries and caches of code are loaded from it. Where others may
 * write in the configured folder, such as a volume or /tmp, the home is a private folder {@code quern-UID} in it. A folder that belongs to a
 * user other than this one and root is refused.
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
            // cannot be looked at, so it cannot be written either: whoever writes says so
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
     * With what was prepared for it.
     *
     * @throws HomeException if there is neither a configured folder nor a known user, or another user could change what lies in one of the
     *     folders
     */
    public static QuernHome locate(HomeConfig config) {
        return new QuernHome(configured(config.home()), config.prepared());
    }

    /**
     * @param configured {@code quern.home} (environment: QUERN_HOME); by default {@code quern} in the user's cache folder:
     *     {@code XDG_CACHE_HOME} or {@code ~/.cache}, {@code ~/Library/Caches} on macOS, {@code LOCALAPPDATA} on Windows
     * @throws HomeException if there is neither a configured folder nor a known user, or another user could change what lies in it
     */
    public static QuernHome locate(Optional<Path> configured) {
        return new QuernHome(configured(configured), Optional.empty());
    }

    private static Path configured(Optional<Path> configured) {
        return configured.orElseGet(() -> HomeLocation.ofThisProcess().folder());
    }

    /** A folder of the same kind that is only read, and looked into first. */
    public Optional<Path> prepared() {
        return prepared;
    }

    /** May not exist yet. */
    public Path folder() {
        return folder;
    }

    /**
     * A private folder in this one (mode 0700), made where it is not there yet.
     *
     * @throws HomeException if it cannot be made, or belongs to another user
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
     * A private folder for sockets and the like: {@code run} in this one, or a folder {@code quern-UID} in the system's folder for temporary
     * files where the path of a socket would be too long.
     *
     * @param fits whether a path is short enough
     * @throws HomeException if none can be made
     */
    public Path run(Predicate<Path> fits) {
        if (fits.test(folder.resolve(RUN))) {
            return make(RUN);
        }
        Path temporary = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
        try {
            if (!fits.test(PrivateFolder.nameIn(temporary))) {
                throw new IOException("its path is too long as well");
            }
            Trust.requireWay(temporary.resolve(RUN));
            return PrivateFolder.in(temporary);
        } catch (IOException e) {
            throw HomeException.tooLong(folder, temporary, e);
        }
    }

    /** One that exists keeps its mode: it may be for more than Quern. */
    private void makeItself() throws IOException {
        if (!Files.isDirectory(folder)) {
            PrivateFolder.make(folder);
        }
    }

    /**
     * Where the resources' files can be used: the folder itself where the class path is one (dev mode, tests), else a folder
     * here that they are unpacked to; see {@link #unpack}.
     *
     * @param name of the bundle
     */
    public Path lay(ClassPathFolder resources, String name) {
        Bundle bundle = resources.bundle(name);
        return resources.inFileSystem().filter(bundle::isWholeIn).orElseGet(() -> unpack(bundle));
    }

    /**
     * Lays the bundle's files into a folder of their own, where they are not there yet, and returns that folder. Blocks while
     * it writes; afterwards costs one look at each file's size. The folder's name holds the content's digest, so versions of
     * Quern that differ do not meet.
     *
     * <p>Each file is checked by its digest: when it is written, and again once it has been changed, replaced or given to another owner. As
     * long as nothing of it has changed, a look at each file is enough (see {@link io.quern.files.Seal}). What is prepared is trusted as the
     * application itself is: by its owner and mode. Nothing is ever deleted but leftovers of killed processes; the folder may be deleted while
     * no Quern runs.
     *
     * @throws HomeException if the folder cannot be written, or another user could change it
     * @throws DamagedBundleException if the bundle is not what its digests say
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
