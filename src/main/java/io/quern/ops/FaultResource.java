package io.quern.ops;

import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.resteasy.reactive.server.EndpointDisabled;
import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import io.quern.pool.FaultInjector;
import io.quern.pool.FaultInjector.Misbehaviour;
import io.smallrye.common.annotation.Blocking;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** Injects faults in development mode and in tests. A packaged application does not have this endpoint. */
@IfBuildProfile(anyOf = {"dev", "test"})
@EndpointDisabled(name = OpsConfig.ENABLED, stringValue = "false")
@Path("/q/quern/faults")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class FaultResource {
    private static final String FILL_QUEUE = "fill-queue";
    private static final int DEFAULT_MILLIS = 1000;

    /** One hour. */
    private static final int MAX_MILLIS = 3_600_000;

    private final ModelCatalog catalog;
    private final QueueFiller filler;

    @Inject
    FaultResource(ModelCatalog catalog, QueueFiller filler) {
        this.catalog = catalog;
        this.filler = filler;
    }

    /**
     * The body of the request.
     *
     * @param fault {@code kill}, {@code stop}, {@code stall}, {@code slow}, {@code corrupt-frame}, {@code hold},
     *     {@code release} or {@code fill-queue}
     * @param model name of the model; the default one if absent
     * @param worker number of the worker in the model's pool; 0 if absent
     * @param millis how much longer each step takes, or how long the queue stays full; 1000 if absent
     * @param steps steps with tokens that a held worker still makes; 0 if absent
     */
    public record Asked(
            @Nullable String fault,
            @Nullable String model,
            @Nullable Integer worker,
            @Nullable Integer millis,
            @Nullable Integer steps) {}

    @POST
    @Operation(hidden = true)
    public Response inject(@Nullable Asked asked) throws IOException {
        int worker = asked == null || asked.worker() == null ? 0 : asked.worker();
        int millis = asked == null || asked.millis() == null ? DEFAULT_MILLIS : asked.millis();
        if (millis < 1 || millis > MAX_MILLIS) {
            return refusal(400, "millis must be 1 to " + MAX_MILLIS + ", but is " + millis);
        }
        int steps = asked == null || asked.steps() == null ? 0 : asked.steps();
        if (steps < 0) {
            return refusal(400, "steps must be at least 0, but is " + steps);
        }
        Optional<HostedModel> model =
                asked == null || asked.model() == null ? Optional.of(catalog.first()) : catalog.named(asked.model());
        if (model.isEmpty()) {
            return refusal(404, "there is no such model");
        }
        if (asked != null && FILL_QUEUE.equals(asked.fault())) {
            int requests = filler.fill(model.get(), Duration.ofMillis(millis));
            return Response.ok("{\"requests\":" + requests + "}\n").build();
        }
        Optional<Misbehaviour> what = Arrays.stream(Misbehaviour.values())
                .filter(one -> asked != null && name(one).equals(asked.fault()))
                .findFirst();
        if (what.isEmpty()) {
            return refusal(
                    400,
                    Stream.concat(Arrays.stream(Misbehaviour.values()).map(FaultResource::name), Stream.of(FILL_QUEUE))
                            .collect(Collectors.joining(", ", "fault must be one of ", "")));
        }
        FaultInjector injector = new FaultInjector(model.get().pool());
        return injector.inject(worker, what.get(), millis, steps)
                ? Response.ok("{\"worker\":" + worker + "}\n").build()
                : refusal(409, "worker " + worker + " does not exist, or its state does not allow this fault");
    }

    private static String name(Misbehaviour one) {
        return one.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static Response refusal(int status, String message) {
        return Response.status(status)
                .entity(OpsJson.error(message, "invalid_request_error", null))
                .build();
    }
}
