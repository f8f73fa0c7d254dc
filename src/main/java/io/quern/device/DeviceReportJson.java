package io.quern.device;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;

/** Writes and reads the report that the probe passes to the engine: one JSON object on one line. */
public final class DeviceReportJson {
    // both sides come from the same build, so anything that is not exactly a report is an error
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(SerializationFeature.WRITE_ENUMS_USING_TO_STRING)
            .enable(DeserializationFeature.READ_ENUMS_USING_TO_STRING)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);

    private DeviceReportJson() {}

    public static String write(DeviceReport report) {
        try {
            return JSON.writeValueAsString(report);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws JsonProcessingException if it is not exactly one report */
    static DeviceReport read(String line) throws JsonProcessingException {
        DeviceReport report = JSON.readValue(line, DeviceReport.class);
        if (report == null) {
            throw new JsonParseException(null, "null is not a report");
        }
        return report;
    }
}
