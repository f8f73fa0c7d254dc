package io.quern.settings;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects what is wrong with the configuration, so that one start reports all of it. It is fired as an event before
 * anything starts; each room with settings observes it and adds its problems. Not thread-safe.
 */
public final class Problems {
    private final List<String> found = new ArrayList<>();

    /** Returns the key, ready for checks of its value. */
    public Setting of(String key) {
        return new Setting(key, this);
    }

    public void add(String problem) {
        found.add(problem);
    }

    /** Runs a check that throws at the first problem, and keeps its message. */
    public void of(Runnable check) {
        try {
            check.run();
        } catch (ConfigurationException e) {
            add(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Does nothing if there are no problems.
     *
     * @throws ConfigurationException with all problems in one message, because Quarkus prints only the message
     */
    public void refuse() {
        if (!found.isEmpty()) {
            throw new ConfigurationException(String.join("; ", found));
        }
    }
}
