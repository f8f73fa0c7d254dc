package io.quern.openai;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigSourceInterceptorFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.Priorities;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Has API keys taken as they are written. Of what the configuration's library replaces in a value, two things are left: <code>${NAME}</code>
 * stands for another property or variable, and a comma separates keys. A <code>$</code> or a backslash that begins neither of these, nor
 * their escapes, is a character of the key; the library alone would make one dollar of two, and drop the backslash.
 */
public final class LiteralKeys {
    /** Around and within the interceptor that expands, which has {@link Priorities#LIBRARY} + 300. */
    private static final int OUTSIDE = Priorities.LIBRARY + 301;

    private static final int INSIDE = Priorities.LIBRARY + 299;

    private static final Pattern DOLLARS = Pattern.compile("(?<![\\\\$])\\$+(?![{$])");
    private static final Pattern BACKSLASH = Pattern.compile("\\\\(?!,)");

    /** Bound while a key setting is read: what it refers to is read literally, too. */
    private static final ScopedValue<Boolean> READING = ScopedValue.newInstance();

    private LiteralKeys() {}

    /** What has to be added to the configuration. */
    public static List<ConfigSourceInterceptorFactory> interceptors() {
        return List.of(at(OUTSIDE, LiteralKeys::keepBackslashes), at(INSIDE, LiteralKeys::keepDollars));
    }

    private static ConfigValue keepBackslashes(ConfigSourceInterceptorContext context, String name) {
        if (!name.startsWith(OpenAiConfig.API_KEYS) && !name.startsWith(OperatorKeys.SETTING)) {
            return context.proceed(name);
        }
        ConfigValue value = ScopedValue.where(READING, true).call(() -> context.proceed(name));
        // an element of its own is not split, and so keeps its backslashes
        return value == null || value.getValue() == null || name.endsWith("]")
                ? value
                : value.withValue(BACKSLASH.matcher(value.getValue()).replaceAll("\\\\\\\\"));
    }

    private static ConfigValue keepDollars(ConfigSourceInterceptorContext context, String name) {
        ConfigValue value = context.proceed(name);
        return value == null || value.getValue() == null || !READING.isBound()
                ? value
                : value.withValue(DOLLARS.matcher(value.getValue()).replaceAll("$0$0"));
    }

    private static ConfigSourceInterceptorFactory at(int priority, ConfigSourceInterceptor interceptor) {
        return new ConfigSourceInterceptorFactory() {
            @Override
            public ConfigSourceInterceptor getInterceptor(ConfigSourceInterceptorContext context) {
                return interceptor;
            }

            @Override
            public OptionalInt getPriority() {
                return OptionalInt.of(priority);
            }
        };
    }
}
