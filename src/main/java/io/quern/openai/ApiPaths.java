package io.quern.openai;

import io.quarkus.resteasy.reactive.server.runtime.ResteasyReactiveRecorder;
import java.util.Set;
import org.jboss.resteasy.reactive.server.core.Deployment;

/**
 * Says which paths belong to the API. An application that embeds Quern may have paths of its own, even below /v1, and
 * may have moved all resources below a path of its own. The methods therefore look only at the part after that prefix.
 */
final class ApiPaths {
    static final String ROOT = "/v1";
    static final String CHATS = "/chat/completions";
    static final String COMPLETIONS = "/completions";
    static final String TOKENIZE = "/tokenize";
    static final String DETOKENIZE = "/detokenize";
    static final String VERSION = "/version";
    static final String MODELS = ROOT + "/models";

    private static final Set<String> WITH_BODY =
            Set.of(ROOT + CHATS, ROOT + COMPLETIONS, ROOT + TOKENIZE, ROOT + DETOKENIZE);

    private ApiPaths() {}

    /** Returns whether a client may have meant the API. */
    static boolean isBelowRoot(String path) {
        return ofResource(path).startsWith(ROOT + "/");
    }

    static boolean isOurs(String path) {
        String resource = ofResource(path);
        return takesBody(path)
                || resource.equals(ROOT + VERSION)
                || resource.equals(MODELS)
                || resource.startsWith(MODELS + "/");
    }

    /** Returns the methods of an API path, for the header {@code Allow}. */
    static String methods(String path) {
        return takesBody(path) ? "POST, OPTIONS" : "GET, HEAD, OPTIONS";
    }

    static boolean takesBody(String path) {
        String resource = ofResource(path);
        return WITH_BODY.contains(resource);
    }

    /**
     * Returns a path without quarkus.http.root-path and without quarkus.rest.path or @ApplicationPath, or "" if it is
     * not below them.
     */
    private static String ofResource(String path) {
        Deployment deployment = ResteasyReactiveRecorder.getCurrentDeployment();
        String prefix = deployment == null ? "" : deployment.getPrefix();
        int end = prefix.endsWith("/") ? prefix.length() - 1 : prefix.length();
        return path.startsWith(prefix) ? path.substring(end) : "";
    }
}
