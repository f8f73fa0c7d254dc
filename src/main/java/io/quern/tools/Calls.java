package io.quern.tools;

import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** The calls of one answer. */
final class Calls {
    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int ID_LENGTH = 24;

    private final Map<String, Tool> tools;
    private final boolean parallel;
    private final AnswerParts parts;
    private int count;
    private boolean dropped;

    /**
     * @param tools that may be called, by name
     * @param parallel whether there may be several calls; if not, further ones are dropped
     */
    Calls(Map<String, Tool> tools, boolean parallel, AnswerParts parts) {
        this.tools = tools;
        this.parallel = parallel;
        this.parts = parts;
    }

    boolean knows(String name) {
        return tools.containsKey(name);
    }

    @Nullable
    Tool tool(String name) {
        return tools.get(name);
    }

    void begin(String name) {
        dropped = !parallel && count > 0;
        if (!dropped) {
            parts.call(count++, newId(), name);
        }
    }

    /** Adds to the arguments of the call that began last. */
    void arguments(String text) {
        if (!dropped && !text.isEmpty()) {
            parts.arguments(count - 1, text);
        }
    }

    int count() {
        return count;
    }

    private static String newId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        StringBuilder id = new StringBuilder("call_");
        for (int i = 0; i < ID_LENGTH; i++) {
            id.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return id.toString();
    }
}
