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
 * Decides who may read the ops endpoints, and how much of them.
 *
 * <p>With operator keys ({@code quern.ops.api-keys}) every reader needs one and sees everything. Without them the
 * management interface is open, but shows folders and the output of workers only to readers on this machine. The main
 * port is closed if the API requires keys. Otherwise it shows as much as the management interface shows to other
 * machines.
 */
@ApplicationScoped
class OpsAccess {
    private static final Logger LOG = Logger.getLogger(OpsAccess.class);

    /**
     * An address, or the one name that no name server of another site can give to this machine. No domain name consists
     * of digits only or contains a colon.
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

    /** Adds a problem for operator keys that no client could send. */
    void check(@Observes Problems problems) {
        problems.of(() -> OperatorKeys.check(config.apiKeys(), all));
    }

    /** Logs once if nobody can read the endpoints because there is no operator key. */
    void logIfClosed(@Observes @Priority(BEFORE_THE_POOL) StartupEvent event) {
        if (config.enabled() && !paths.management() && apiGuarded && !guarded) {
            LOG.infof(
                    "/q/quern and /metrics refuse everyone, because the API requires keys and no operator key is set."
                            + " Set %s, or build the application with quarkus.management.enabled=true.",
                    OperatorKeys.SETTING);
        }
    }

    /**
     * Returns whether this reader is admitted. If not, the refusal has been written.
     *
     * @param management whether the request came over the management interface
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
                    "The operator key is missing or unknown. Send one of " + OperatorKeys.SETTING
                            + " in the header Authorization: Bearer KEY.");
        } else if (status == FORBIDDEN) {
            OpsRoutes.refuse(
                    http,
                    403,
                    "invalid_request_error",
                    "no_operator_key",
                    "This path requires an operator key, but none is configured. Set " + OperatorKeys.SETTING + ".");
        }
        return status == OK;
    }

    /**
     * Decides by the rule above.
     *
     * @param guarded whether there are operator keys
     * @param known whether the reader sent one of them
     * @param management whether the request came over the management interface
     * @param apiGuarded whether the API requires keys
     * @return the HTTP status
     */
    static int status(boolean guarded, boolean known, boolean management, boolean apiGuarded) {
        if (guarded) {
            return known ? OK : UNAUTHORIZED;
        }
        return management || !apiGuarded ? OK : FORBIDDEN;
    }

    /** Returns whether an admitted reader may see folders and the output of workers. */
    boolean seesAll(RoutingContext http, boolean management) {
        return guarded || management && isFromThisMachine(http.request());
    }

    /** Returns whether the request came over loopback, to a name of this machine, and not through a proxy. */
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

    /** Returns the reader's address, or "" if it is unknown. */
    static String address(RoutingContext http) {
        SocketAddress address = http.request().connection().remoteAddress();
        return address == null || address.hostAddress() == null ? "" : address.hostAddress();
    }
}
