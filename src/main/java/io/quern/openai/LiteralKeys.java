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
 * Makes the configuration take API keys literally. Only two of its replacements remain: <code>${NAME}</code> stands for
 * another property or variable, and a comma separates keys. Any other <code>$</code> or backslash is a character of the
 * key, unless it escapes one of these two. The configuration library itself would make one dollar of two, and drop the
 * backslash.
 */
public final class LiteralKeys {
    /**
     * Priorities around and inside the interceptor that expands references, which has {@link Priorities#LIBRARY} + 300.
     */
    private static final int OUTSIDE = Priorities.LIBRARY + 301;

    private static final int INSIDE = Priorities.LIBRARY + 299;

    private static final Pattern DOLLARS = Pattern.compile("(?<![\\\\$])\\$+(?![{$])");
    private static final Pattern BACKSLASH = Pattern.compile("\\\\(?!,)");

    /** Bound while a key setting is read, because the values that it refers to are literal, too. */
    private static final ScopedValue<Boolean> READING = ScopedValue.newInstance();

    private LiteralKeys() {}

    /** Returns the interceptors to add to the configuration. */
    public static List<ConfigSourceInterceptorFactory> interceptors() {
        return List.of(at(OUTSIDE, LiteralKeys::keepBackslashes), at(INSIDE, LiteralKeys::keepDollars));
    }

    private static ConfigValue keepBackslashes(ConfigSourceInterceptorContext context, String name) {
        if (!name.startsWith(OpenAiConfig.API_KEYS) && !name.startsWith(OperatorKeys.SETTING)) {
            return context.proceed(name);
        }
        ConfigValue value = ScopedValue.where(READING, true).call(() -> context.proceed(name));
        // a single element is not split, so it keeps its backslashes
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
