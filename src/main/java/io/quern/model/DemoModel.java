package io.quern.model;

import io.quern.home.ClassPathFolder;
import io.quern.home.QuernHome;
import java.nio.file.Path;

/** The model inside the application, so that a first run needs no other file. */
final class DemoModel {
    /** The name of the model in {@code quern.model} and in the API. */
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
     * Returns the model's file, and unpacks it first if necessary: workers map it into memory, which requires a file.
     *
     * @throws ModelFileException if this build contains no demo model
     * @throws io.quern.home.HomeException if it cannot be unpacked
     * @throws io.quern.home.DamagedBundleException if it is damaged
     */
    Path file() {
        ClassPathFolder folder =
                ClassPathFolder.find(loader, RESOURCES).orElseThrow(ModelFileException::noDemoInThisBuild);
        return home.lay(folder, NAME).resolve(FILE);
    }
}
