package io.quern.log;

import java.util.EnumMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jboss.logging.Logger.Level;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/**
 * A logger whose lines begin with keys that name their subject: {@code workerId=0 pid=4711 ready after 512 ms}. The
 * keys are in the line, for people and for grep. They are also in the log's MDC (mapped diagnostic context), from which
 * formats such as JSON take them. Immutable and thread-safe.
 */
public final class KeyedLog {
    private static final String CALLER = KeyedLog.class.getName();
    private static final Pattern PLAIN = Pattern.compile("[^\\s\"=]+");

    private final Logger logger;
    private final Map<LogKey, String> keys;

    private KeyedLog(Logger logger, Map<LogKey, String> keys) {
        this.logger = logger;
        this.keys = keys;
    }

    /** Returns the logger of a class, without keys. */
    public static KeyedLog of(Class<?> owner) {
        return new KeyedLog(Logger.getLogger(owner), new EnumMap<>(LogKey.class));
    }

    /** @param id the worker's number in the pool */
    public KeyedLog workerId(int id) {
        return with(LogKey.WORKER_ID, Integer.toString(id));
    }

    /** @param pid the process of a worker or launcher, or one that an earlier engine left; null or 0 adds no key */
    public KeyedLog pid(@Nullable Long pid) {
        return pid == null || pid == 0 ? this : with(LogKey.PID, pid.toString());
    }

    /** @param id the request's id, as in the header {@code X-Request-Id} of the answer */
    public KeyedLog requestId(String id) {
        return with(LogKey.REQUEST_ID, id);
    }

    /** @param id the name that clients use for the model */
    public KeyedLog model(String id) {
        return with(LogKey.MODEL, id);
    }

    public void debugf(String format, @Nullable Object... values) {
        log(Level.DEBUG, null, format, values);
    }

    public void infof(String format, @Nullable Object... values) {
        log(Level.INFO, null, format, values);
    }

    public void warnf(String format, @Nullable Object... values) {
        log(Level.WARN, null, format, values);
    }

    public void errorf(String format, @Nullable Object... values) {
        log(Level.ERROR, null, format, values);
    }

    public void errorf(Throwable failure, String format, @Nullable Object... values) {
        log(Level.ERROR, failure, format, values);
    }

    private KeyedLog with(LogKey key, String value) {
        Map<LogKey, String> more = new EnumMap<>(keys);
        more.put(key, value);
        return new KeyedLog(logger, more);
    }

    /**
     * Adds the key of a model to all lines that this thread logs from now on.
     *
     * @param id the name that clients use for the model
     */
    public static void ofModel(String id) {
        MDC.put(LogKey.MODEL.toString(), id);
    }

    private void log(Level level, @Nullable Throwable failure, String format, @Nullable Object... values) {
        if (!logger.isEnabled(level)) {
            return;
        }
        Object ofThread = keys.containsKey(LogKey.MODEL) ? null : MDC.get(LogKey.MODEL.toString());
        if (ofThread != null) {
            model(ofThread.toString()).log(level, failure, format, values);
            return;
        }
        StringBuilder line = new StringBuilder();
        Map<LogKey, Object> before = new EnumMap<>(LogKey.class);
        keys.forEach((key, value) -> {
            line.append(key).append('=').append(shown(value)).append(' ');
            Object replaced = MDC.put(key.toString(), value);
            if (replaced != null) {
                before.put(key, replaced);
            }
        });
        try {
            logger.logf(CALLER, level, failure, "%s", line.append(format.formatted(values)));
        } finally {
            keys.keySet().forEach(key -> restore(key, before.get(key)));
        }
    }

    /** Puts back the value of an outer log call: the arguments of one line may log another line. */
    private static void restore(LogKey key, @Nullable Object value) {
        if (value == null) {
            MDC.remove(key.toString());
        } else {
            MDC.put(key.toString(), value);
        }
    }

    /** Quotes a value if a reader could not see where it ends. */
    private static String shown(String value) {
        return PLAIN.matcher(value).matches()
                ? value
                : '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
