package io.quern.devui;

import io.quarkus.deployment.IsLocalDevelopment;
import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.deployment.builditem.CombinedIndexBuildItem;
import io.quarkus.devui.spi.page.FooterPageBuildItem;
import io.quarkus.devui.spi.page.Page;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jboss.jandex.IndexView;

/**
 * Adds a tab with a build step, which META-INF/quarkus-build-steps.list names. A card would need an extension of two
 * artifacts, but the application itself may add a tab to the footer.
 */
public final class DevUiTab {
    private static final String APPLICATION_PATH = "jakarta.ws.rs.ApplicationPath";

    @BuildStep(onlyIf = IsLocalDevelopment.class)
    FooterPageBuildItem tab(CombinedIndexBuildItem index) {
        return new FooterPageBuildItem(
                "quern",
                Page.webComponentPageBuilder()
                        .internal()
                        .title("Quern")
                        .icon("font-awesome-solid:gears")
                        .componentName("qwc-quern")
                        .componentLink(link(ConfigProvider.getConfig(), annotatedPath(index.getIndex()))));
    }

    /**
     * Returns the link from the Dev UI's components to this one, wherever the application has its resources and
     * Quarkus' endpoints.
     *
     * @param annotated the path of the application's class, which takes precedence over the configuration
     */
    static String link(Config config, Optional<String> annotated) {
        Path root = Path.of("/", value(config, "quarkus.http.root-path", "/"));
        // a path that starts with a slash replaces the root
        Path ofQuarkus = root.resolve(value(config, "quarkus.http.non-application-root-path", "q"));
        Path resources = Path.of(root.toString(), annotated.orElseGet(() -> value(config, "quarkus.rest.path", "/")));
        Path components = ofQuarkus.resolve("dev-ui/qwc");
        return components
                .relativize(Path.of(resources.toString(), DevUiResource.PATH))
                .toString();
    }

    private static Optional<String> annotatedPath(IndexView index) {
        return index.getAnnotations(APPLICATION_PATH).stream()
                .findFirst()
                .map(annotation -> annotation.value().asString());
    }

    private static String value(Config config, String key, String otherwise) {
        return config.getOptionalValue(key, String.class).orElse(otherwise);
    }
}
