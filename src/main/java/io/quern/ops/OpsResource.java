package io.quern.ops;

import io.quarkus.resteasy.reactive.server.EndpointDisabled;
import io.quern.admission.Admission;
import io.quern.launch.Decision;
import io.quern.model.ServedModel;
import io.quern.pool.PoolEvent;
import io.quern.pool.WorkerPool;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Multi;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** What the engine is doing and why, for people and scripts. */
@EndpointDisabled(name = OpsConfig.ENABLED, stringValue = "false")
@Path("/q/quern")
@Produces(MediaType.APPLICATION_JSON)
@NonBlocking
public class OpsResource {
    private final WorkerPool pool;
    private final Admission admission;
    private final PoolEvents events;
    private final ServedModel model;
    private final Duration keepAlive;

    @Inject
    OpsResource(WorkerPool pool, Admission admission, PoolEvents events, ServedModel model, OpsConfig config) {
        this.pool = pool;
        this.admission = admission;
        this.events = events;
        this.model = model;
        this.keepAlive = config.streamKeepAlive();
    }

    @GET
    @Path("/pool")
    @Operation(operationId = "getPool", summary = "The workers, as they are at this moment")
    @APIResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = PoolPage.class)))
    public String pool() {
        return OpsJson.write(page());
    }

    @GET
    @Path("/pool/events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Operation(operationId = "getPoolEvents", summary = "The pool as it is, then all that becomes of it")
    @APIResponse(responseCode = "200", content = @Content(schema = @Schema(type = SchemaType.STRING)))
    public Multi<OutboundSseEvent> poolEvents(@Context Sse sse, @Context HttpServerResponse response) {
        Multi<Object> following = events.read().orElseThrow(OpsResource::tooMany);
        response.putHeader(HttpHeaders.CACHE_CONTROL, "no-cache").putHeader("x-accel-buffering", "no");
        Multi<OutboundSseEvent> told = following.map(event -> switch (event) {
            case PoolEvent worker -> event(sse, "worker", worker);
            case PoolEvents.Migration migration -> event(sse, "migration", migration);
            default -> throw new IllegalStateException("no event: " + event);
        });
        Multi<OutboundSseEvent> first = Multi.createFrom().item(() -> event(sse, "pool", page()));
        // subscribed to at once: nothing is missed between the first event and the next
        return Multi.createBy().merging().streams(first, told, comments(sse));
    }

    /** Keep proxies from closing a stream on which nothing happens. */
    private Multi<OutboundSseEvent> comments(Sse sse) {
        if (keepAlive.toMillis() <= 0) {
            return Multi.createFrom().nothing();
        }
        return Multi.createFrom().ticks().every(keepAlive).onOverflow().drop().map(tick -> sse.newEventBuilder()
                .comment("keep-alive")
                .build());
    }

    private PoolPage page() {
        return new PoolPage(
                pool.view(),
                pool.memory(),
                pool.guards(),
                model.textStability().orElse(null),
                admission.waiting(),
                admission.running(),
                admission.migrations());
    }

    private static OutboundSseEvent event(Sse sse, String name, Object data) {
        return sse.newEventBuilder()
                .name(name)
                .mediaType(MediaType.TEXT_PLAIN_TYPE)
                .data(OpsJson.line(data))
                .build();
    }

    private static WebApplicationException tooMany() {
        return new WebApplicationException(Response.status(503)
                .type(MediaType.APPLICATION_JSON)
                .entity(OpsJson.error(
                        "too many read the pool's events (quern.ops.max-event-streams)", "server_error", "overloaded"))
                .build());
    }

    @GET
    @Path("/decision")
    @Operation(operationId = "getDecision", summary = "How workers are started, and why so")
    @APIResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = Decision.class)))
    public String decision() {
        return OpsJson.write(pool.decision());
    }
}
