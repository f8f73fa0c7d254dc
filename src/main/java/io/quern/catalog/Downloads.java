package io.quern.catalog;

import io.quern.boot.MemoryShare;
import io.quern.log.KeyedLog;
import io.quern.settings.ByteFormat;
import io.quern.store.ModelReference;
import io.quern.store.ModelStore;
import io.quern.store.PullEvent;
import io.quern.store.StoreException;
import io.quern.threads.EngineThreads;
import io.quern.time.EngineClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Downloads models that the configuration names and that are not on this machine, one after the other, when the engine
 * boots. Requests never start a download. A download that fails is tried again after a delay.
 */
final class Downloads implements AutoCloseable {
    private static final KeyedLog LOG = KeyedLog.of(Downloads.class);

    private static final Duration SHOW_EVERY = Duration.ofSeconds(1);
    private static final Duration LOG_EVERY = Duration.ofSeconds(10);

    private final ModelStore store;
    private final CatalogConfig config;
    private final EngineClock clock;
    private final Supplier<MemoryShare> share;
    private @Nullable Thread thread;

    /** @param share returns the memory that the next model may use */
    Downloads(ModelStore store, CatalogConfig config, EngineClock clock, Supplier<MemoryShare> share) {
        this.store = store;
        this.config = config;
        this.clock = clock;
        this.share = share;
    }

    /**
     * Returns whether the model must be downloaded first. Blocks on the disk.
     *
     * @throws StoreException if the reference cannot be one, or the store cannot be read
     */
    boolean needed(HostedModel model) {
        return reference(model)
                .map(remote -> !store.offline() && store.find(remote).isEmpty())
                .orElse(false);
    }

    private static Optional<ModelReference.Remote> reference(HostedModel model) {
        return ModelReference.parse(model.configured().model().model()) instanceof ModelReference.Remote remote
                ? Optional.of(remote)
                : Optional.empty();
    }

    /**
     * Downloads models in the background.
     *
     * @param arrived is called for each model that is there, on the thread of the downloads
     */
    synchronized void begin(List<HostedModel> models, Consumer<HostedModel> arrived) {
        models.forEach(model -> model.transition(new ModelState.Fetching("waits for its download")));
        thread = EngineThreads.daemon("quern-downloads").start(() -> {
            try {
                for (HostedModel model : models) {
                    fetch(model);
                    arrived.accept(model);
                }
            } catch (InterruptedException e) {
                LOG.debugf("the downloads stop with the engine");
            }
        });
    }

    private void fetch(HostedModel model) throws InterruptedException {
        Duration delay = config.retryDelay();
        while (true) {
            Progress progress = new Progress(model);
            try {
                store.pull(reference(model).orElseThrow(), model.workers().quantisations(share.get()), progress::show);
                return;
            } catch (StoreException e) {
                model.transition(new ModelState.Failed(
                        String.valueOf(e.getMessage()), clock.instant().plus(delay)));
            }
            Thread.sleep(delay);
            model.transition(new ModelState.Fetching("tries again"));
            delay = delay.compareTo(Residency.LONGEST_RETRY.dividedBy(2)) > 0
                    ? Residency.LONGEST_RETRY
                    : delay.multipliedBy(2);
        }
    }

    /** Interrupts the download; the store keeps what has arrived. */
    @Override
    public synchronized void close() {
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** Shows one attempt in the model's state and, less often, in the log. */
    private final class Progress {
        private final HostedModel model;
        private long shown;
        private long logged;

        Progress(HostedModel model) {
            this.model = model;
            shown = clock.nanos() - SHOW_EVERY.toNanos();
            logged = clock.nanos() - LOG_EVERY.toNanos();
        }

        void show(PullEvent event) {
            switch (event) {
                case PullEvent.Resolving(ModelReference.Remote reference) -> now("asks for " + reference);
                case PullEvent.Chosen chosen -> chosen(chosen);
                case PullEvent.Waiting waiting -> soon("another process downloads it");
                case PullEvent.Downloading(long done, long fetched, long total) ->
                    soon(share("downloaded", done, total));
                case PullEvent.Verifying(long done, long total) -> soon(share("verified", done, total));
                case PullEvent.Retrying(String problem, Duration delay) ->
                    now(problem + " The next attempt is in " + delay.toSeconds() + " s.");
                case PullEvent.Notice(String text, boolean warning)
                when warning -> LOG.model(model.name()).warnf("%s", text);
                case PullEvent.Notice notice -> LOG.model(model.name()).infof("%s", notice.text());
            }
        }

        private void chosen(PullEvent.Chosen chosen) {
            now("downloads " + chosen.reference() + (chosen.bytes() == 0 ? "" : ", " + ByteFormat.of(chosen.bytes())));
            if (!chosen.reason().isEmpty()) {
                LOG.model(model.name()).infof("%s", chosen.reason());
            }
        }

        private static String share(String what, long done, long total) {
            return total == 0
                    ? ByteFormat.of(done) + " " + what
                    : done * 100 / total + "% of " + ByteFormat.of(total) + " " + what;
        }

        private void now(String text) {
            shown = clock.nanos();
            logged = shown;
            model.transition(new ModelState.Fetching(text));
            LOG.model(model.name()).infof("%s", text);
        }

        private void soon(String text) {
            long time = clock.nanos();
            if (time - shown >= SHOW_EVERY.toNanos()) {
                shown = time;
                model.transition(new ModelState.Fetching(text));
            }
            if (time - logged >= LOG_EVERY.toNanos()) {
                logged = time;
                LOG.model(model.name()).infof("%s", text);
            }
        }
    }
}
