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

/** The engine's endpoints as OpenAPI 3.1 tells of them: what the build has read of their annotations, without what is switched off. */
@Path("/q/openapi")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class OpenApiResource {
    /** Written by the smallrye-open-api-maven-plugin. */
    private static final String FILE = "openapi.json";

    /** Where the OpenAI API begins; all other paths are for operators. */
    private static final String OPENAI = "/v1/";

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
        try (InputStream in = OpenApiResource.class.getResourceAsStream(FILE)) {
            ObjectNode document = (ObjectNode) json.readTree(in);
            ((ObjectNode) document.get("paths"))
                    .properties()
                    .removeIf(path -> !(path.getKey().startsWith(OPENAI) ? openAi.enabled() : ops.enabled()));
            return document;
        }
    }
}
