package io.quern.bench;

import java.nio.file.Path;

/**
 * The packaged engine as it starts for the first time, with its default settings. It chooses workers, threads, slots
 * and context itself.
 *
 * @param home a folder that does not exist yet
 */
record DefaultEngine(Path jar, Path home) implements Service.Kind {
    @Override
    public String title() {
        return "Quern";
    }

    /** Ignores slots and context. */
    @Override
    public ProcessBuilder command(Path model, int slots, int context, int port) {
        return Service.Quern.engine(jar, home, model, port);
    }
}
