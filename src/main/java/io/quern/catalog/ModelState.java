package io.quern.catalog;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether a model is in memory. Each state lists those that may follow it. */
public sealed interface ModelState {

    /** Returns the name of the state, in lower case. */
    String label();

    /** Returns details such as a cause, or null. */
    default @Nullable String detail() {
        return null;
    }

    Set<Class<? extends ModelState>> exits();

    /** The next request loads the model. */
    record NotLoaded() implements ModelState {
        @Override
        public String label() {
            return "not-loaded";
        }

        @Override
        public Set<Class<? extends ModelState>> exits() {
            return Set.of(Fetching.class, AwaitingMemory.class, Loading.class, Failed.class);
        }
    }

    /**
     * The file is downloaded, as the boot of the engine requires.
     *
     * @param progress how far, as text for people
     */
    record Fetching(String progress) implements ModelState {
        @Override
        public String label() {
            return "fetching";
        }

        @Override
        public String detail() {
            return progress;
        }

        @Override
        public Set<Class<? extends ModelState>> exits() {
            return Set.of(Fetching.class, NotLoaded.class, Failed.class);
        }
    }

    /**
     * Requests wait for the model, but other models use the memory.
     *
     * @param why the arithmetic, as text for people
     */
    record AwaitingMemory(String why) implements ModelState {
        @Override
        public String label() {
            return "awaiting-memory";
        }

        @Override
        public String detail() {
            return why;
        }

        @Override
        public Set<Class<? extends ModelState>> exits() {
            return Set.of(AwaitingMemory.class, NotLoaded.class, Loading.class, Failed.class);
        }
    }

    /** Its workers start. */
    record Loading() implements ModelState {
        @Override
        public String label() {
            return "loading";
        }

        @Override
        public Set<Class<? extends ModelState>> exits() {
            return Set.of(Ready.class, Failed.class);
        }
    }

    /**
     * Its workers serve requests; single ones may restart.
     *
     * @param loadTime how long it took from the start of the workers
     */
    record Ready(Duration loadTime) implements ModelState {
        @Override
        public String label() {
            return "ready";
        }

        @Override
        public Set<Class<? extends ModelState>> exits() {
            return Set.of(Unloading.class, Failed.class);
        }
    }

    /**
     * Its workers end.
     *
     * @param why who needs the memory, or that nobody used the model
     */
    record Unloading(String why) implements ModelState {
        @Override
        public String label() {
            return "unloading";
        }

        @Override
        public String detail() {
            return why;
        }

        @Override
        public Set<Class<? extends ModelState>> exits() {
            return Set.of(NotLoaded.class);
        }
    }

    /**
     * It could not be loaded, or all its workers were given up.
     *
     * @param reason the cause, as text for people
     * @param retryAt when a request may load it again; if its file cannot be served, when the engine reads that again
     */
    record Failed(String reason, Instant retryAt) implements ModelState {
        @Override
        public String label() {
            return "failed";
        }

        @Override
        public String detail() {
            return reason;
        }

        @Override
        public Set<Class<? extends ModelState>> exits() {
            return Set.of(NotLoaded.class, Fetching.class, AwaitingMemory.class, Loading.class, Failed.class);
        }
    }
}
