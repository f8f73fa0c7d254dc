package io.quern.catalog;

import io.quern.admission.Gate;
import io.quern.generation.GenerationError;
import io.quern.pool.WorkerPool;
import org.jspecify.annotations.Nullable;

/** The gate of a model that is loaded at boot, and perhaps downloaded first: until then, requests are refused. */
final class AtBoot implements Gate {
    private final WorkerPool pool;
    private volatile @Nullable HostedModel model;

    AtBoot(WorkerPool pool) {
        this.pool = pool;
    }

    /** Called once, before there are requests. */
    void leadsTo(HostedModel hosted) {
        model = hosted;
    }

    @Override
    public @Nullable GenerationError refusal() {
        GenerationError refusal = Gate.refusal(pool);
        HostedModel hosted = model;
        if (!(refusal instanceof GenerationError.Loading) || hosted == null) {
            return refusal;
        }
        return switch (hosted.state()) {
            case ModelState.Fetching(String progress) -> new GenerationError.Loading("Loading model: " + progress);
            case ModelState.Failed failed ->
                new GenerationError.Loading("Loading model: the download failed. " + failed.reason());
            default -> refusal;
        };
    }
}
