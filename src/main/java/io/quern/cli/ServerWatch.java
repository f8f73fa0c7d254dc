package io.quern.cli;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.VertxOptionsCustomizer;
import io.quarkus.vertx.http.HttpServer;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quern.settings.Problems;
import io.vertx.core.Context;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.VertxBuilder;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.core.spi.VertxTracerFactory;
import io.vertx.core.spi.tracing.SpanKind;
import io.vertx.core.spi.tracing.TagExtractor;
import io.vertx.core.spi.tracing.VertxTracer;
import io.vertx.core.tracing.TracingOptions;
import io.vertx.core.tracing.TracingPolicy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Observes every new connection of the HTTP server, and the beginning and end of every request, outside all handlers.
 *
 * <p>Quarkus creates the servers and offers no hook for this. Vert.x offers two: the transport, which creates the
 * server's channel, and a tracer. So this works only if Quern is the application, since another application may have
 * its own tracer.
 */
@ApplicationScoped
class ServerWatch implements VertxOptionsCustomizer {
    private static final Logger LOG = Logger.getLogger(ServerWatch.class);
    private static final String MAX_CONNECTIONS = "quarkus.http.limits.max-connections";

    /** File descriptors for everything but connections: jars, workers' sockets, logs. */
    private static final int OTHER_FILES = 256;

    private static final String MAX_STREAMS = "quarkus.http.limits.max-concurrent-streams";

    /** The HTTP/2 error code that allows the client to send the request again. */
    private static final long REFUSED_STREAM = 7;

    /** Runs before every handler that answers. */
    private static final int FIRST = 2000;

    private final HttpConfig config;
    private final long maxStreams;
    private final ConnectionGate gate;
    private final Instance<HttpServer> server;
    private final Config all;

    @Inject
    ServerWatch(HttpConfig config, Config all, Instance<HttpServer> server) {
        this.config = config;
        this.server = server;
        this.maxStreams = all.getOptionalValue(MAX_STREAMS, Long.class).orElse(0L);
        this.all = all;
        int max =
                withinFiles(all.getOptionalValue(MAX_CONNECTIONS, Integer.class).orElse(0));
        this.gate = new ConnectionGate(
                new ConnectionGate.Limits(
                        max,
                        config.maxConnectionsPerAddress().orElse(max / 2),
                        config.headTimeout(),
                        ConnectionGate.Limits.headBytesOfHeap()),
                System::nanoTime);
    }

    /**
     * Refuses requests beyond the limit of an HTTP/2 connection. Netty does so only after the client has acknowledged
     * the limit, which an attacker never does.
     */
    void install(@Observes Filters filters) {
        if (maxStreams > 0) {
            filters.register(
                    http -> {
                        HttpServerRequest request = http.request();
                        if (request.version() == HttpVersion.HTTP_2
                                && request.connection() instanceof ConnectionBase connection
                                && ConnectionGate.activeOn(connection.channel()) > maxStreams) {
                            request.response().reset(REFUSED_STREAM);
                        } else {
                            http.next();
                        }
                    },
                    FIRST);
        }
    }

    void check(@Observes Problems problems) {
        problems.of("quern.http.head-timeout").positive(config.headTimeout());
        problems.of("quern.http.max-headers").atLeast(1, config.maxHeaders());
        problems.of("quern.http.max-connections-per-address")
                .atLeast(0, config.maxConnectionsPerAddress().orElse(0));
    }

    void started(@Observes StartupEvent event, MeterRegistry metrics) {
        for (ClosedConnections.Reason reason : ClosedConnections.Reason.values()) {
            FunctionCounter.builder("quern.http.connections.closed", gate.closed(), closed -> closed.count(reason))
                    .tag("reason", reason.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                    .description("Connections closed or refused by a limit")
                    .register(metrics);
        }
    }

    @Override
    public void accept(VertxOptions options) {
        // in development mode Vert.x outlives the application and would keep its classes
        if (LaunchMode.current() != LaunchMode.DEVELOPMENT) {
            options.setTracingOptions(new TracingOptions().setFactory(new Installed()));
        }
    }

    /**
     * Lowers the limit to what the limit of open files allows. Beyond it {@code accept} would fail without a message.
     */
    private static int withinFiles(int wanted) {
        try (Stream<String> limits = Files.lines(Path.of("/proc/self/limits"))) {
            int files = limits.filter(line -> line.startsWith("Max open files"))
                    .map(line -> line.replaceAll("\\D+", " ").strip().split(" ")[0])
                    .mapToInt(Integer::parseInt)
                    .findFirst()
                    .orElse(Integer.MAX_VALUE);
            int room = Math.max(OTHER_FILES, files - OTHER_FILES);
            if (wanted > room) {
                LOG.warnf(
                        "The process may open only %d files (ulimit -n), so it accepts %d connections at a time instead"
                                + " of %d (%s). Raise the limit.",
                        files, room, wanted, MAX_CONNECTIONS);
            }
            return Math.min(wanted, room);
        } catch (IOException | RuntimeException e) {
            return wanted; // another system, or no limit
        }
    }

    private boolean isManagement(int port) {
        return port == ReadyLines.managementPort(server.get(), all);
    }

    /** Vert.x calls the tracer's factory while it is built, after it has chosen its transport. */
    private final class Installed implements VertxTracerFactory {
        @Override
        public void init(VertxBuilder builder) {
            builder.findTransport(new GatedTransport(builder.findTransport(), gate, ServerWatch.this::isManagement));
            builder.tracer(new Watch());
        }

        @Override
        public VertxTracer<?, ?> tracer(TracingOptions options) {
            return new Watch();
        }
    }

    /** Traces nothing. The span of a request is the request's connection. */
    private final class Watch implements VertxTracer<ConnectionGate.Connection, Void> {
        @Override
        public <R> ConnectionGate.@Nullable Connection receiveRequest(
                Context context,
                SpanKind kind,
                TracingPolicy policy,
                R request,
                String operation,
                Iterable<Map.Entry<String, String>> headers,
                TagExtractor<R> tags) {
            if (!(request instanceof HttpServerRequest received)) {
                return null;
            }
            MalformedRequests.look(received, config.maxHeaders());
            return received.connection() instanceof ConnectionBase connection
                    ? ConnectionGate.requestBegins(connection.channel(), received.version() == HttpVersion.HTTP_2)
                    : null;
        }

        @Override
        public <R> void sendResponse(
                Context context,
                R response,
                ConnectionGate.@Nullable Connection connection,
                @Nullable Throwable failure,
                TagExtractor<R> tags) {
            if (connection != null) {
                connection.requestEnds();
            }
        }

        /** Does nothing. Without this method Vert.x would assume a tracer that propagates. */
        @Override
        public <R> Void sendRequest(
                Context context,
                SpanKind kind,
                TracingPolicy policy,
                R request,
                String operation,
                BiConsumer<String, String> headers,
                TagExtractor<R> tags) {
            return null;
        }
    }
}
