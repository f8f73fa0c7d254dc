package io.quern.devui;

import io.quarkus.deployment.IsLocalDevelopment;
import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.devui.spi.page.FooterPageBuildItem;
import io.quarkus.devui.spi.page.Page;

/**
 * A build step, named in META-INF/quarkus-build-steps.list. A card would need an extension of two artifacts; a tab in the footer may come
 * from the application itself.
 */
public final class DevUiTab {
    /** As seen from the Dev UI's own components, in /q/dev-ui/qwc. */
    private static final String COMPONENT = "../.." + DevUiResource.PATH.substring("/q".length());

    @BuildStep(onlyIf = IsLocalDevelopment.class)
    FooterPageBuildItem tab() {
        return new FooterPageBuildItem(
                "quern",
                Page.webComponentPageBuilder()
                        .internal()
                        .title("Quern")
                        .icon("font-awesome-solid:gears")
                        .componentName("qwc-quern")
                        .componentLink(COMPONENT));
    }
}
