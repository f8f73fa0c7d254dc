package io.quern.model;

import io.quern.home.ClassPathFolder;
import io.quern.home.QuernHome;
import java.nio.file.Path;

/** The model that travels in the application, so that a first run needs nothing else. */
final class DemoModel {
    /** What {@code quern.model} calls it, and clients. */
    static final String NAME = "demo";

    private static final String RESOURCES = "io/quern/model/demo";
    private static final String FILE = "demo.gguf";

    private final ClassLoader loader;
    private final QuernHome home;

    DemoModel(ClassLoader loader, QuernHome home) {
        this.loader = loader;
        this.home = home;
    }

    /**
     * Unpacks it where it has not been yet: a worker maps it into memory, which needs a file.
     *
     * @throws ModelFileException if this build carries none
     * @throws io.quern.home.HomeException if it cannot be unpacked
     * @throws io.quern.home.DamagedBundleException if it is damaged
     */
    Path file() {
        ClassPathFolder folder =
                ClassPathFolder.find(loader, RESOURCES).orElseThrow(ModelFileException::noDemoInThisBuild);
        return home.lay(folder, NAME).resolve(FILE);
    }
}
