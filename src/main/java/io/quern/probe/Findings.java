package io.quern.probe;

import java.util.ArrayList;
import java.util.List;

/** Collects devices and problems while the vendors are probed one after the other. For one thread. */
final class Findings {
    private final List<Found> devices = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    void add(Found device) {
        devices.add(device);
    }

    /** @param sentence what could not be determined, and what is known instead */
    void problem(String sentence) {
        problems.add(sentence);
    }

    List<Found> devices() {
        return devices;
    }

    List<String> problems() {
        return problems;
    }
}
