package io.quern.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The names that a statement can read: those of its own frame, then those of the frames around it. Loops, macros and
 * blocks have a frame of their own; conditions have none. For one thread.
 */
final class Frame {
    private final Rendering rendering;
    private final @Nullable Frame parent;
    private final Map<String, Object> values = new HashMap<>();

    private Frame(Rendering rendering, @Nullable Frame parent) {
        this.rendering = rendering;
        this.parent = parent;
    }

    static Frame of(Rendering rendering) {
        return new Frame(rendering, null);
    }

    Frame inner() {
        return new Frame(rendering, this);
    }

    Rendering rendering() {
        return rendering;
    }

    Budget budget() {
        return rendering.budget();
    }

    Object get(String name) {
        for (Frame frame = this; frame != null; frame = frame.parent) {
            Object value = frame.values.get(name);
            if (value != null) {
                return value;
            }
        }
        Object global = rendering.globals().get(name);
        return global == null ? Undefined.of("'" + name + "' is undefined") : global;
    }

    void set(String name, Object value) {
        values.put(name, value);
    }
}
