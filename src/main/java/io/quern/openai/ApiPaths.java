package io.quern.openai;

/** Which paths are the API's. An application that embeds Quern may have others of its own, even below /v1. */
final class ApiPaths {
    private static final String ROOT = "/v1/";
    private static final String CHATS = ROOT + "chat/completions";
    private static final String COMPLETIONS = ROOT + "completions";
    private static final String MODELS = ROOT + "models";

    private ApiPaths() {}

    /** Whether a client may have meant the API. */
    static boolean isBelowRoot(String path) {
        return path.startsWith(ROOT);
    }

    static boolean isOurs(String path) {
        return takesBody(path) || path.equals(MODELS) || path.startsWith(MODELS + "/");
    }

    /** The methods of a path that is ours, for {@code Allow}. */
    static String methods(String path) {
        return takesBody(path) ? "POST, OPTIONS" : "GET, HEAD, OPTIONS";
    }

    static boolean takesBody(String path) {
        return path.equals(CHATS) || path.equals(COMPLETIONS);
    }
}
