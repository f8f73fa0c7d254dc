package io.quern.store;

import io.quern.settings.ByteFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Checks that a download fits on the disk, together with the other downloads that run now. */
final class DiskSpace {
    private final StoreFolder store;
    private final long reserve;
    private final Gauge gauge;

    /** Measures the free space of a folder's disk. */
    @FunctionalInterface
    interface Gauge {
        Gauge SYSTEM = folder -> Files.getFileStore(folder).getUsableSpace();

        /** @return bytes */
        long freeBytes(Path folder) throws IOException;
    }

    /** @param reserve bytes that stay free */
    DiskSpace(StoreFolder store, long reserve, Gauge gauge) {
        this.store = store;
        this.reserve = reserve;
        this.gauge = gauge;
    }

    /**
     * Checks that there is space.
     *
     * @param id of the download
     * @param bytes that it still has to write
     * @param shown the reference, for the message
     * @throws StoreException if the space does not suffice
     */
    void require(String id, long bytes, String shown) {
        long free;
        long others;
        try {
            free = gauge.freeBytes(store.partials());
            others = others(id);
        } catch (IOException e) {
            throw store.unusable("read", e);
        }
        if (bytes > 0 && (bytes > free || bytes + reserve + others > free)) {
            throw new StoreException(
                    StoreProblem.DISK_FULL,
                    "Cannot download " + shown + ": it needs " + ByteFormat.of(bytes)
                            + (others > 0 ? " beside " + ByteFormat.of(others) + " for other downloads" : "") + " and "
                            + ByteFormat.of(reserve) + " that stay free (quern.store.free-space), but the disk of "
                            + store.path() + " has only " + ByteFormat.of(free)
                            + " left. Free some space, for example with quern rm, or set QUERN_STORE_PATH"
                            + " (quern.store.path) to a folder on another disk.");
        }
    }

    /** Returns what the other downloads still have to write. */
    private long others(String id) throws IOException {
        long sum = 0;
        for (Path folder : StoreFolder.in(store.partials(), "*")) {
            String other = folder.getFileName().toString();
            if (!other.equals(id) && isRunning(other)) {
                for (Path journal : StoreFolder.in(folder, "*" + PartialFile.JOURNAL)) {
                    sum += PartialFile.missing(journal);
                }
            }
        }
        return sum;
    }

    private boolean isRunning(String id) throws IOException {
        Optional<FileLocks.Claim> claim = FileLocks.exclusive(store.downloadLock(id));
        claim.ifPresent(FileLocks.Claim::close);
        return claim.isEmpty();
    }
}
