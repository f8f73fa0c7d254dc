package io.quern.catalog;

import io.quern.admission.Gate;
import io.quern.generation.GenerationError;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The gate of a model that its requests load: they wait while it is not in memory. */
final class OnDemand implements Gate {
    /** The engine has read a file again within this time. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final Residency residency;
    private @Nullable HostedModel model;

    OnDemand(Residency residency) {
        this.residency = residency;
    }

    /** Called once, before there are requests. */
    void leadsTo(HostedModel hosted) {
        model = hosted;
    }

    private HostedModel model() {
        if (model == null) {
            throw new IllegalStateException("the gate leads to no model yet");
        }
        return model;
    }

    @Override
    public @Nullable GenerationError refusal() {
        HostedModel hosted = model();
        if (residency.closed()) {
            return Gate.shuttingDown();
        }
        return switch (hosted.state()) {
            case ModelState.Failed(String reason, Instant retryAt)
            when !hosted.model().isOpen() ->
                // until the engine has read its file again, nothing is known of it
                unavailable(residency.untilRetry(retryAt).plus(LOOK), reason);
            case ModelState.Failed(String reason, Instant retryAt) -> {
                Duration wait = residency.untilRetry(retryAt);
                yield wait.isPositive() ? unavailable(wait, reason) : null;
            }
            case ModelState.Ready ready -> Gate.refusal(hosted.pool());
            case ModelState.NotLoaded notLoaded -> null;
            case ModelState.Fetching fetching -> new GenerationError.Loading("Loading model: " + fetching.progress());
            case ModelState.AwaitingMemory waiting -> null;
            case ModelState.Loading loading -> null;
            case ModelState.Unloading unloading -> null;
        };
    }

    private GenerationError unavailable(Duration wait, String reason) {
        return new GenerationError.Unavailable(
                wait.isPositive() ? wait : Duration.ZERO,
                "The model " + model().name() + " cannot be loaded: " + reason);
    }

    @Override
    public void arrives() {
        residency.wanted(model());
    }

    @Override
    public void ended() {
        residency.ended(model());
    }

    @Override
    public void idle() {
        residency.idle(model());
    }

    @Override
    public Optional<String> progress() {
        return residency.progress(model());
    }

    @Override
    public Optional<String> delay() {
        HostedModel hosted = model();
        return switch (hosted.state()) {
            case ModelState.AwaitingMemory(String why) -> Optional.of(why);
            case ModelState.Loading loading ->
                Optional.of("The model " + hosted.name() + " is still loading: "
                        + hosted.pool().view().reason());
            case ModelState.Unloading unloading -> Optional.of("The model " + hosted.name() + " was unloaded");
            case ModelState.NotLoaded notLoaded -> Optional.empty();
            case ModelState.Fetching fetching -> Optional.empty();
            case ModelState.Ready ready ->
                hosted.givesWayTo()
                        .map(other -> "The model " + hosted.name() + " makes room for the model " + other
                                + ", which waits for its memory");
            case ModelState.Failed failed -> Optional.empty();
        };
    }
}
