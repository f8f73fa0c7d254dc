package io.quern.cli;

import io.quern.catalog.ModelCatalog;
import io.quern.pool.PoolView;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Loads the classes that an engine needs only after boot: for requests, errors and shutdown. If somebody overwrites the
 * application's files while the engine runs, it can load no further class, but should keep serving and shut down
 * cleanly.
 *
 * <p>{@code src/scripts/record-late-classes} writes the list. If a class is missing from it, one request fails with a
 * clear error.
 */
final class LateClasses {
    private static final Logger LOG = Logger.getLogger(LateClasses.class);
    private static final String LIST = "late-classes.list";

    private LateClasses() {}

    /** Loads them in the background after the first worker is ready, since before that it would delay the worker. */
    static void loadWhenReady(ModelCatalog catalog) {
        AtomicBoolean begun = new AtomicBoolean();
        Runnable look = () -> {
            if (catalog.state() == PoolView.State.READY && begun.compareAndSet(false, true)) {
                load();
            }
        };
        catalog.onChange(look);
        look.run();
    }

    private static void load() {
        Thread.ofPlatform().daemon().name("quern-late-classes").start(LateClasses::loadAll);
    }

    private static void loadAll() {
        ClassLoader loader = LateClasses.class.getClassLoader();
        try (InputStream list = LateClasses.class.getResourceAsStream(LIST);
                BufferedReader lines = new BufferedReader(new InputStreamReader(list, StandardCharsets.US_ASCII))) {
            for (String name = lines.readLine(); name != null; name = lines.readLine()) {
                if (!name.isBlank() && name.charAt(0) != '#') {
                    load(name, loader);
                }
            }
        } catch (IOException e) {
            LOG.debugf("Late classes cannot be loaded: %s", e);
        }
    }

    private static void load(String name, ClassLoader loader) {
        try {
            Class.forName(name, true, loader);
        } catch (ClassNotFoundException | LinkageError e) {
            // another version of a library may lack the class
            LOG.debugf("A late class cannot be loaded: %s", e);
        }
    }
}
