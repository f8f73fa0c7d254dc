package io.quern.catalog;

import io.quern.pool.PoolView;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Combines the views of several pools into one. Pure. */
final class PoolViews {
    private PoolViews() {}

    static PoolView together(List<HostedModel> models) {
        if (models.size() == 1 && models.getFirst().pinned()) {
            return ofOne(models.getFirst());
        }
        List<PoolView> views = models.stream().map(model -> model.pool().view()).toList();
        PoolView.State state = state(models);
        return new PoolView(
                state,
                reason(models, state),
                views.stream().mapToInt(PoolView::slots).sum(),
                views.stream().mapToInt(PoolView::busySlots).sum(),
                views.stream().flatMap(view -> view.workers().stream()).toList());
    }

    /** A model that is downloaded has no workers that could say why it is not ready. */
    private static PoolView ofOne(HostedModel model) {
        PoolView view = model.pool().view();
        String detail = model.state().detail();
        return view.state() == PoolView.State.STARTING && !model.pool().started() && detail != null
                ? new PoolView(view.state(), detail, view.slots(), view.busySlots(), view.workers())
                : view;
    }

    /** Returns the state of the pinned models; without any, models are loaded when they are needed. */
    static PoolView.State state(List<HostedModel> models) {
        List<PoolView.State> pinned = models.stream()
                .filter(HostedModel::pinned)
                .map(model -> model.pool().state())
                .toList();
        boolean broken = models.stream().anyMatch(model -> model.pool().broken().isPresent());
        boolean stopping = models.stream().anyMatch(model -> model.pool().state() == PoolView.State.STOPPING);
        if (stopping) {
            return PoolView.State.STOPPING;
        }
        if (broken || !pinned.isEmpty() && pinned.stream().allMatch(PoolView.State.FAILED::equals)) {
            return PoolView.State.FAILED;
        }
        if (pinned.stream().allMatch(PoolView.State.READY::equals)) {
            return PoolView.State.READY;
        }
        return pinned.contains(PoolView.State.STARTING) ? PoolView.State.STARTING : PoolView.State.UNAVAILABLE;
    }

    private static @Nullable String reason(List<HostedModel> models, PoolView.State state) {
        if (state == PoolView.State.READY) {
            return null;
        }
        String reasons = models.stream()
                .filter(HostedModel::pinned)
                .map(model -> {
                    String reason = ofOne(model).reason();
                    return reason == null ? null : "model " + model.name() + ": " + reason;
                })
                .filter(Objects::nonNull)
                .collect(Collectors.joining("; "));
        return reasons.isEmpty() ? "the service is shutting down" : reasons;
    }
}
