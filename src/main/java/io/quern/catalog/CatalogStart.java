package io.quern.catalog;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.boot.BootPlan;
import io.quern.boot.MemoryUse;
import io.quern.home.DamagedBundleException;
import io.quern.home.HomeException;
import io.quern.log.KeyedLog;
import io.quern.model.ModelFileException;
import io.quern.pool.WorkerPools;
import io.quern.store.StoreException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The boot of the models: opens those that are on this machine, starts the pinned ones, and downloads the others. */
final class CatalogStart {
    private static final KeyedLog LOG = KeyedLog.of(CatalogStart.class);

    private final WorkerPools pools;
    private final Residency residency;
    private final Downloads downloads;
    private List<HostedModel> absent = List.of();

    CatalogStart(WorkerPools pools, Residency residency, Downloads downloads) {
        this.pools = pools;
        this.residency = residency;
        this.downloads = downloads;
    }

    /**
     * Opens all models and starts the workers of the pinned ones.
     *
     * @return the models without those that were found in a folder and cannot be served
     * @throws ConfigurationException if the configuration cannot work, before any worker starts
     */
    List<HostedModel> open(List<HostedModel> all) throws InterruptedException {
        pools.discardOthers(all.stream().map(model -> model.configured().key()).collect(Collectors.toSet()));
        absent = all.stream().filter(this::mustBeDownloaded).toList();
        Map<HostedModel, String> broken = new LinkedHashMap<>();
        List<HostedModel> served = all.stream()
                .filter(model -> model.pinned() || absent.contains(model) || opens(model, broken))
                .toList();
        if (served.isEmpty()) {
            throw new ConfigurationException("quern.model is a folder without a model that can be served");
        }
        if (broken.size() == served.size()) {
            throw new ConfigurationException("No model can be served. " + String.join(" ", broken.values()));
        }
        broken.forEach(residency::cannotServe);
        for (HostedModel model : served) {
            if (model.pinned() && !absent.contains(model)) {
                start(model);
            }
        }
        return served;
    }

    private boolean mustBeDownloaded(HostedModel model) {
        try {
            return downloads.needed(model);
        } catch (StoreException | HomeException e) {
            throw new ConfigurationException(e.getMessage());
        }
    }

    /**
     * Reads the metadata of a model that is loaded later.
     *
     * @param broken receives the reason if the model is configured and its file cannot be served
     * @return false for a file in a folder that cannot be served
     * @throws ConfigurationException if the configuration names no file, or the store cannot be read
     */
    private static boolean opens(HostedModel model, Map<HostedModel, String> broken) {
        try {
            model.workers().open();
            return true;
        } catch (ModelFileException e) {
            if (!model.configured().found()) {
                if (!e.fileExists()) {
                    throw new ConfigurationException(
                            "The model " + model.configured().key() + " cannot be served. " + e.getMessage());
                }
                broken.put(model, String.valueOf(e.getMessage()));
                return true;
            }
            LOG.warnf("left out: %s", e.getMessage());
            return false;
        } catch (HomeException | DamagedBundleException | StoreException e) {
            throw new ConfigurationException(e.getMessage());
        }
    }

    private void start(HostedModel model) throws InterruptedException {
        BootPlan plan = model.workers().plan(residency.share());
        model.transition(new ModelState.Loading());
        model.workers().start(plan);
        residency.keepFor(model, MemoryUse.of(plan, model.configured().worker()));
        model.followPool();
    }

    /**
     * Downloads the models that are not here, in the background.
     *
     * @param named is called when the name of one more model is known, on the thread of the downloads
     */
    void download(Runnable named) {
        if (!absent.isEmpty()) {
            downloads.begin(absent, model -> arrived(model, named));
        }
    }

    private void arrived(HostedModel model, Runnable named) {
        try {
            model.workers().open();
            named.run();
            model.transition(new ModelState.NotLoaded());
            if (model.pinned()) {
                start(model);
            }
            model.model().prepareChats();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            // a file that cannot be served; the others are not affected
            model.transition(new ModelState.Failed(String.valueOf(e.getMessage()), Instant.MAX));
        }
    }
}
