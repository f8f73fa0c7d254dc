package io.quern.openai;

import io.quarkus.resteasy.reactive.server.runtime.ResteasyReactiveRecorder;
import org.jboss.resteasy.reactive.server.core.Deployment;

/**
 * Which paths are the API's. An application that embeds Quern may have others of its own, even below /v1, and may have moved all resources
 * below a path of its own: a request's path is compared behind that.
 */
final class ApiPaths {
    static final String ROOT = "/v1";
    static final String CHATS = "/chat/completions";
    static final String COMPLETIONS = "/completions";
    static final String MODELS = ROOT + "/models";

    private ApiPaths() {}

    /** Whether a client may have meant the API. */
    static boolean isBelowRoot(String path) {
        return ofResource(path).startsWith(ROOT + "/");
    }

    static boolean isOurs(String path) {
        String resource = ofResource(path);
        return takesBody(path) || resource.equals(MODELS) || resource.startsWith(MODELS + "/");
    }

    /** The methods of a path that is ours, for {@code Allow}. */
    static String methods(String path) {
        return takesBody(path) ? "POST, OPTIONS" : "GET, HEAD, OPTIONS";
    }

    static boolean takesBody(String path) {
        String resource = ofResource(path);
        return resource.equals(ROOT + CHATS) || resource.equals(ROOT + COMPLETIONS);
    }

    /** What is left of a path behind quarkus.http.root-path and quarkus.rest.path or @ApplicationPath; "" if it is not below them. */
    private static String ofResource(String path) {
        Deployment deployment = ResteasyReactiveRecorder.getCurrentDeployment();
        String prefix = deployment == null ? "" : deployment.getPrefix();
        int end = prefix.endsWith("/") ? prefix.length() - 1 : prefix.length();
        return path.startsWith(prefix) ? path.substring(end) : "";
    }
}
