package io.quern.cli;

import io.quern.pool.PoolView;
import io.quern.pool.WorkerPool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Loads the classes that an engine needs only once it serves: for requests, for their errors and for its own end. If somebody overwrites
 * the application's files while it runs, no further class can be loaded, and the engine should go on and still end in good order.
 *
 * <p>{@code src/scripts/record-late-classes} writes the list. A class that it lacks costs one request a clear error.
 */
final class LateClasses {
    private static final Logger LOG = Logger.getLogger(LateClasses.class);
    private static final String LIST = "late-classes.list";

    private LateClasses() {}

    /** In the background, when the first worker is ready: earlier it would slow that down. */
    static void loadWhenReady(WorkerPool pool) {
        AtomicBoolean begun = new AtomicBoolean();
        Runnable look = () -> {
            if (pool.state() == PoolView.State.READY && begun.compareAndSet(false, true)) {
                load();
            }
        };
        pool.onChange(look);
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
            LOG.debugf("late classes are not loaded: %s", e);
        }
    }

    private static void load(String name, ClassLoader loader) {
        try {
            Class.forName(name, true, loader);
        } catch (ClassNotFoundException | LinkageError e) {
            // another version of a library has no such class
            LOG.debugf("not loaded: %s", e);
        }
    }
}
