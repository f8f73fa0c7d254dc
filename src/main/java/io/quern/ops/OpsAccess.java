package io.quern.ops;

import io.quarkus.runtime.StartupEvent;
import io.quern.openai.OpenAiConfig;
import io.quern.openai.OperatorKeys;
import io.quern.settings.Problems;
import io.smallrye.config.SmallRyeConfig;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.ObserverMethod;
import jakarta.inject.Inject;
import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Who may read the ops endpoints, and how much of them.
 *
 * <p>With operator keys ({@code quern.ops.api-keys}) every reader needs one and sees all. Without them the management
 * interface is open, and shows folders and the workers' output only to this machine; the main port is closed if the API
 * asks for keys, and else shows as much as the management interface shows to other machines.
 */
@ApplicationScoped
class OpsAccess {
    private static final Logger LOG = Logger.getLogger(OpsAccess.class);

    /**
     * An address, or the one name that no other site's name server can give to this machine. No domain is all digits or
     * has a colon.
     */
    private static final Pattern LOCAL_NAME = Pattern.compile("localhost|[0-9.]+|\\[?[0-9a-fA-F]*:[0-9a-fA-F:.]+]?");

    private static final int OK = 200;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;

    private static final int BEFORE_THE_POOL = ObserverMethod.DEFAULT_PRIORITY - 100;

    private final OpsConfig config;
    private final OpsPaths paths;
    private final SmallRyeConfig all;
    private final OperatorKeys keys;
    private final boolean guarded;
    private final boolean apiGuarded;

    @Inject
    OpsAccess(OpsConfig config, OpenAiConfig openAi, OpsPaths paths, SmallRyeConfig all) {
        this.config = config;
        this.paths = paths;
        this.all = all;
        keys = new OperatorKeys(config.apiKeys());
        guarded = config.apiKeys().isPresent();
        apiGuarded = openAi.apiKeys().isPresent();
    }

    /** Refuses keys that no client could send. */
    void check(@Observes Problems problems) {
        problems.of(() -> OperatorKeys.check(config.apiKeys(), all));
    }

    /** Tells once if the endpoints are closed for want of a key. */
    void tell(@Observes @Priority(BEFORE_THE_POOL) StartupEvent event) {
        if (config.enabled() && !paths.management() && apiGuarded && !guarded) {
            LOG.infof(
                    "/q/quern and /metrics refuse everyone: the API asks for keys, and there is no operator key. Set"
                            + " %s, or build the application with quarkus.management.enabled=true.",
                    OperatorKeys.SETTING);
        }
    }

    /**
     * Whether this reader is let in; one who is not has been answered.
     *
     * @param management whether it came over the management interface
     */
    boolean admits(RoutingContext http, boolean management) {
        boolean known = guarded && keys.admit(http.request().getHeader(HttpHeaders.AUTHORIZATION));
        int status = status(guarded, known, management, apiGuarded);
        if (status == UNAUTHORIZED) {
            http.response().putHeader("www-authenticate", "Bearer");
            OpsRoutes.refuse(
                    http,
                    401,
                    "invalid_request_error",
                    "invalid_api_key",
                    "the operator key is missing or unknown; send one of " + OperatorKeys.SETTING
                            + " as Authorization: Bearer KEY");
        } else if (status == FORBIDDEN) {
            OpsRoutes.refuse(
                    http,
                    403,
                    "invalid_request_error",
                    "no_operator_key",
                    "this needs an operator key, and none is configured (" + OperatorKeys.SETTING + ")");
        }
        return status == OK;
    }

    /**
     * The rule.
     *
     * @param guarded whether there are operator keys
     * @param known whether the reader has sent one of them
     * @param management whether it came over the management interface
     * @param apiGuarded whether the API asks for keys
     */
    static int status(boolean guarded, boolean known, boolean management, boolean apiGuarded) {
        if (guarded) {
            return known ? OK : UNAUTHORIZED;
        }
        return management || !apiGuarded ? OK : FORBIDDEN;
    }

    /** Whether a reader that was admitted may see folders and what workers wrote. */
    boolean seesAll(RoutingContext http, boolean management) {
        return guarded || management && isFromThisMachine(http.request());
    }

    /** Over loopback, by a name of this machine, and not on behalf of somebody else. */
    private static boolean isFromThisMachine(HttpServerRequest request) {
        HostAndPort authority = request.authority();
        return isLoopback(request.connection().remoteAddress())
                && isLoopback(request.connection().localAddress())
                && authority != null
                && isLocalName(authority.host())
                && !request.headers().contains("forwarded")
                && !request.headers().contains("x-forwarded-for");
    }

    static boolean isLocalName(String host) {
        return LOCAL_NAME.matcher(host).matches();
    }

    private static boolean isLoopback(@Nullable SocketAddress address) {
        return Optional.ofNullable(address)
                .map(SocketAddress::hostAddress)
                .map(OpsAccess::parse)
                .map(InetAddress::isLoopbackAddress)
                .orElse(false);
    }

    private static InetAddress parse(String literal) {
        return InetAddress.ofLiteral(literal);
    }

    /** Where a reader is, as far as can be told. */
    static String address(RoutingContext http) {
        SocketAddress address = http.request().connection().remoteAddress();
        return address == null || address.hostAddress() == null ? "" : address.hostAddress();
    }
}
