package io.quern.client;

import com.fasterxml.jackson.databind.JsonNode;

/** Finds the message in the error of a service. Services put it in different places. */
final class ErrorText {
    private static final int MAX_CHARS = 2000;

    private ErrorText() {}

    /** @param body the body of the response */
    static String of(String body) {
        JsonNode json = Json.parseOrMissing(body);
        String found = json.isMissingNode() ? body : of(json);
        String text = found.isBlank() ? "no message" : found.strip();
        return text.length() > MAX_CHARS ? text.substring(0, MAX_CHARS) + "..." : text;
    }

    static String of(JsonNode json) {
        for (String place : new String[] {"/error/message", "/error", "/message", "/detail"}) {
            JsonNode found = json.at(place);
            if (found.isTextual() && !found.textValue().isBlank()) {
                return found.textValue();
            }
        }
        return json.toString();
    }
}
