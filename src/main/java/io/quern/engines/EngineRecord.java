package io.quern.engines;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quern.process.ProcessIdentity;
import java.net.URI;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a running engine says about itself. It contains no secret.
 *
 * @param process the engine's process
 * @param since when it began to listen
 * @param api the base URL of the OpenAI API, which ends in {@code /v1}; empty if it is switched off
 * @param management the base URL of the operators' views, which ends in {@code /q}; empty if they share the API's port
 * @param models the models that it serves, in the order of its configuration
 * @param sessionOf the process whose session the engine serves, and with which it ends; empty for other engines
 */
public record EngineRecord(
        ProcessIdentity process,
        Instant since,
        Optional<URI> api,
        Optional<URI> management,
        List<Model> models,
        Optional<Long> sessionOf) {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    /**
     * A model that an engine serves.
     *
     * @param reference what the configuration names; a file by its absolute path
     * @param name the name for clients, or empty if the configuration leaves it to the model's file
     */
    public record Model(String reference, String name) {}

    public EngineRecord {
        models = List.copyOf(models);
    }

    /** Returns whether the engine belongs to one session, so that others must not rely on it. */
    public boolean isPrivate() {
        return sessionOf.isPresent();
    }

    String json() {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("pid", process.pid());
        json.put("start", process.start());
        json.put("scope", process.scope());
        json.put("since", since.toString());
        api.ifPresent(url -> json.put("api", url.toString()));
        management.ifPresent(url -> json.put("management", url.toString()));
        ArrayNode served = json.putArray("models");
        models.forEach(
                model -> served.addObject().put("reference", model.reference()).put("name", model.name()));
        sessionOf.ifPresent(pid -> json.put("sessionOf", pid));
        return json.toPrettyString() + "\n";
    }

    /** Returns empty if this is not the record of an engine, such as one of a later version. */
    static Optional<EngineRecord> parse(String text) {
        try {
            JsonNode json = MAPPER.readTree(text);
            if (json == null
                    || !json.path("pid").isIntegralNumber()
                    || !json.path("start").isTextual()) {
                return Optional.empty();
            }
            return Optional.of(new EngineRecord(
                    new ProcessIdentity(
                            json.get("pid").longValue(),
                            json.get("start").textValue(),
                            json.path("scope").asText()),
                    Instant.parse(json.path("since").asText()),
                    url(json.path("api")),
                    url(json.path("management")),
                    models(json.path("models")),
                    json.has("sessionOf") ? Optional.of(json.get("sessionOf").asLong()) : Optional.empty()));
        } catch (JsonProcessingException | DateTimeParseException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static List<Model> models(JsonNode list) {
        List<Model> models = new ArrayList<>();
        list.forEach(model -> models.add(
                new Model(model.path("reference").asText(), model.path("name").asText())));
        return models;
    }

    private static Optional<URI> url(JsonNode node) {
        return node.isTextual() ? Optional.of(URI.create(node.textValue())) : Optional.empty();
    }
}
