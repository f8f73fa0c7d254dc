package io.quern.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quern.openai.OpenAiConfig;
import io.quern.ops.OpsConfig;
import io.smallrye.common.annotation.Blocking;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;

/**
 * Serves the OpenAPI 3.1 description of the enabled endpoints. The build generates the part about the OpenAI API from
 * annotations. A file describes the routes for operators.
 */
@Path("/q/openapi")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class OpenApiResource {
    /** Written by the smallrye-open-api-maven-plugin. */
    private static final String FILE = "openapi.json";

    /** The paths that {@link #FILE} lacks; written by hand, since routes have no annotations. */
    private static final String OPERATIONS = "operations.json";

    private final OpenAiConfig openAi;
    private final OpsConfig ops;
    private final ObjectMapper json;

    @Inject
    OpenApiResource(OpenAiConfig openAi, OpsConfig ops, ObjectMapper json) {
        this.openAi = openAi;
        this.ops = ops;
        this.json = json;
    }

    @GET
    @Operation(hidden = true)
    public ObjectNode document() throws IOException {
        ObjectNode document = read(FILE);
        ObjectNode paths = (ObjectNode) document.get("paths");
        if (!openAi.enabled()) {
            paths.removeAll();
        }
        if (ops.enabled()) {
            paths.setAll(read(OPERATIONS));
        }
        return document;
    }

    private ObjectNode read(String file) throws IOException {
        try (InputStream in = OpenApiResource.class.getResourceAsStream(file)) {
            return (ObjectNode) json.readTree(in);
        }
    }
}
