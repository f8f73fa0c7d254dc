package io.quern.engines;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Reads what an engine shows to operators. Every call blocks, at most for the patience. */
public final class ManagementClient {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final Set<String> MAY_BECOME_READY = Set.of("starting", "ready", "unavailable");
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int OK = 200;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;

    private final EngineHttp http;

    /**
     * @param patience the longest time for one answer
     * @param key an operator key, or empty
     */
    public ManagementClient(Duration patience, Optional<String> key) {
        http = new EngineHttp(patience, key);
    }

    /** Returns whether the engine accepts requests now. False also if it does not answer. */
    public boolean isReady(URI management) {
        try {
            return get(management, "/health/ready").status() == OK;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Returns the state of the pool, see {@code GET /q/quern/pool}.
     *
     * @param management the base URL, which ends in {@code /q}
     * @throws IOException if there is none; the message is for people
     */
    public JsonNode pool(URI management) throws IOException {
        EngineHttp.Reply response;
        try {
            response = get(management, "/quern/pool");
        } catch (SocketTimeoutException e) {
            throw new IOException(
                    management + " does not answer within " + http.patience().toSeconds() + " s", e);
        } catch (ConnectException e) {
            throw new IOException("Cannot connect to " + management, e);
        }
        switch (response.status()) {
            case OK -> {}
            case UNAUTHORIZED, FORBIDDEN ->
                throw new IOException(management + " needs an operator key (quern.ops.api-keys)."
                        + " Pass it in QUERN_API_KEY or by --api-key-file.");
            default -> throw new IOException(management + "/quern/pool answers " + response.status());
        }
        try {
            JsonNode pool = MAPPER.readTree(response.body());
            if (pool != null && pool.path("workers").isArray()) {
                return pool;
            }
        } catch (JsonProcessingException e) {
            // not an engine
        }
        throw new IOException(management + " is not the management interface of an engine");
    }

    /**
     * Waits until the engine accepts requests, as long as the condition holds and workers may still become ready.
     *
     * @param progress receives the state of the start, as text for people
     */
    public boolean awaitReady(URI management, Consumer<String> progress, BooleanSupplier running)
            throws InterruptedException {
        while (!isReady(management)) {
            if (!running.getAsBoolean()) {
                return false;
            }
            try {
                JsonNode pool = pool(management);
                String state = pool.path("state").asText();
                if (!MAY_BECOME_READY.contains(state)) {
                    return false;
                }
                progress.accept(detail(pool));
            } catch (IOException e) {
                // not there yet, or only for operators
                progress.accept("loading");
            }
            Thread.sleep(POLL);
        }
        return true;
    }

    /** Returns what the first worker does, or what happens to the first model, such as its download. */
    private static String detail(JsonNode pool) {
        for (String place : new String[] {"/workers/0/detail", "/models/0/detail"}) {
            String found = pool.at(place).asText("");
            if (!found.isEmpty()) {
                return found;
            }
        }
        return "loading";
    }

    private EngineHttp.Reply get(URI management, String path) throws IOException {
        return http.get(URI.create(management + path));
    }
}
