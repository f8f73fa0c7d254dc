package io.quern.home;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The folder that Quern writes below, created when first needed. Safe for use by several threads; several processes may share
 * one folder.
 */
public final class QuernHome {
    private static final String UNPACKED = "unpacked";

    private final Path folder;
    private final Optional<Path> prepared;

    private QuernHome(Path folder, Optional<Path> prepared) {
        this.folder = folder.toAbsolutePath().normalize();
        this.prepared = prepared.map(one -> one.toAbsolutePath().normalize());
    }

    /**
     * With what was prepared for it.
     *
     * @throws HomeException if there is neither a configured folder nor a known user
     */
    public static QuernHome locate(HomeConfig config) {
        return new QuernHome(configured(config.home()), config.prepared());
    }

    /**
     * @param configured {@code quern.home} (environment: QUERN_HOME); by default {@code quern} in the user's cache folder:
     *     {@code XDG_CACHE_HOME} or {@code ~/.cache}, {@code ~/Library/Caches} on macOS, {@code LOCALAPPDATA} on Windows
     * @throws HomeException if there is neither a configured folder nor a known user
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
     * Where the resources' files can be used: the folder itself where the class path is one (dev mode, tests), else a folder
     * here that they are unpacked to; see {@link #unpack}.
     *
     * @param name of the bundle
     */
    public Path lay(ClassPathFolder resources, String name) {
        Bundle bundle = resources.bundle(name);
        return resources.inFileSystem().filter(bundle::liesIn).orElseGet(() -> unpack(bundle));
    }

    /**
     * Lays the bundle's files into a folder of their own, where they are not there yet, and returns that folder. Blocks while
     * it writes; afterwards costs one look at each file's size. The folder's name holds the content's digest, so versions of
     * Quern that differ do not meet.
     *
     * <p>Checked by digest when written, by size at each later call: what somebody overwrote with as many other bytes is not
     * noticed. Nothing is ever deleted but leftovers of killed processes; the folder may be deleted while no Quern runs.
     *
     * @throws HomeException if the folder cannot be written
     * @throws DamagedBundleException if the bundle is not what its digests say
     */
    public Path unpack(Bundle bundle) {
        Optional<Path> ready = prepared.map(one -> one.resolve(UNPACKED).resolve(bundle.folderName()))
                .filter(bundle::liesIn);
        if (ready.isPresent()) {
            return ready.get();
        }
        Path unpacked = folder.resolve(UNPACKED);
        Path target = unpacked.resolve(bundle.folderName());
        if (bundle.liesIn(target)) {
            return target;
        }
        try {
            new Unpacker(unpacked).unpack(bundle, target);
            return target;
        } catch (IOException e) {
            throw new HomeException(folder, e);
        }
    }
}
