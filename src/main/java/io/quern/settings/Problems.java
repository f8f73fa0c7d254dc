package io.quern.settings;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.ArrayList;
import java.util.List;

/**
 * What is wrong with the configuration: collected, so that one boot tells all of it. Fired as an event before anything
 * is started; each room that has settings observes it and adds what it finds. For one thread.
 */
public final class Problems {
    private final List<String> found = new ArrayList<>();

    /** A key whose value is to be looked at. */
    public Setting of(String key) {
        return new Setting(key, this);
    }

    public void add(String problem) {
        found.add(problem);
    }

    /** Runs a check that throws at the first problem it finds, and keeps its message. */
    public void of(Runnable check) {
        try {
            check.run();
        } catch (ConfigurationException e) {
            add(String.valueOf(e.getMessage()));
        }
    }

    /**
     * @throws ConfigurationException with all of them in one message, of which Quarkus prints the message alone; if
     * there are none nothing happens
     */
    public void refuse() {
        if (!found.isEmpty()) {
            throw new ConfigurationException(String.join("; ", found));
        }
    }
}
