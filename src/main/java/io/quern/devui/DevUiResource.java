package io.quern.devui;

import io.quarkus.runtime.LaunchMode;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.eclipse.microprofile.openapi.annotations.Operation;

/**
 * Serves the tab's web component. A packaged application does not serve it. The check looks at development mode, not at
 * the profile dev, because a developer may use another profile.
 */
@Path(DevUiResource.PATH)
@Produces("text/javascript")
@NonBlocking
public class DevUiResource {
    static final String PATH = "/q/quern/dev-ui.js";

    @GET
    @Operation(hidden = true)
    public String component() throws IOException {
        if (LaunchMode.current() != LaunchMode.DEVELOPMENT) {
            throw new NotFoundException();
        }
        try (InputStream in = DevUiResource.class.getResourceAsStream("qwc-quern.js")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
