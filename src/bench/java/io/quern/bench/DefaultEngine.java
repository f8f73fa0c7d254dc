package io.quern.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * The engine as {@code quern serve} starts it for the first time, with its default settings. It chooses workers,
 * threads, slots and context itself.
 *
 * @param quern the command, in a folder that the build has put together
 * @param home a folder that does not exist yet
 */
record DefaultEngine(Path quern, Path home) implements Service.Kind {
    @Override
    public String title() {
        return "Quern";
    }

    /** Ignores slots and context. */
    @Override
    public ProcessBuilder command(Path model, int slots, int context, int port) {
        return Service.Quern.engine(List.of(quern.toString(), "serve"), home, model, port);
    }
}
