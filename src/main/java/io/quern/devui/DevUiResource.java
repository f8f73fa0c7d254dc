package io.quern.devui;

import io.quarkus.arc.profile.IfBuildProfile;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** The tab's web component. A packaged application has no such endpoint. */
@IfBuildProfile("dev")
@Path(DevUiResource.PATH)
@Produces("text/javascript")
@NonBlocking
public class DevUiResource {
    static final String PATH = "/q/quern/dev-ui.js";

    private final String component;

    DevUiResource() throws IOException {
        try (InputStream in = DevUiResource.class.getResourceAsStream("qwc-quern.js")) {
            component = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @GET
    @Operation(hidden = true)
    public String component() {
        return component;
    }
}
