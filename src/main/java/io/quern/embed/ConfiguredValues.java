package io.quern.embed;

import io.quern.openai.OpenAiConfig;
import io.quern.openai.OperatorKeys;
import io.quern.ops.OpsConfig;
import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigSourceInterceptorFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.Priorities;
import java.nio.charset.Charset;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses values of {@code quern.*} keys that are set but have no meaning, wherever they are read: when an engine or an
 * embedding application starts, and by commands.
 *
 * <p>The configuration library treats an optional key as unset if its value refers to a variable that is not set. It
 * treats a boolean that it does not know as false. Either could leave an engine open, or different from what its
 * operator wrote, without notice.
 */
final class ConfiguredValues implements ConfigSourceInterceptorFactory {
    private static final String PREFIX = "quern.";

    private static final char NOT_DECODED = '\ufffd';

    /** Runs outside everything that changes values, so that it sees what a mapping would get. */
    private static final int OUTERMOST = Priorities.APPLICATION + 1000;

    /** The library's message for a reference that it cannot expand. */
    private static final Pattern NOT_EXPANDED = Pattern.compile("Could not expand value (.*) in property");

    private static final Set<String> BOOLEAN_WORDS =
            Set.of("true", "yes", "y", "on", "1", "false", "no", "n", "off", "0");

    /** Keys whose values are compared as text. */
    private static final Set<String> SWITCHES = Set.of(OpenAiConfig.ENABLED, OpsConfig.ENABLED);

    private static final Pattern FILE = Pattern.compile("\\w+\\[source=(?:file:)?(.*)](.*)");

    @Override
    public ConfigSourceInterceptor getInterceptor(ConfigSourceInterceptorContext context) {
        return ConfiguredValues::checked;
    }

    @Override
    public OptionalInt getPriority() {
        return OptionalInt.of(OUTERMOST);
    }

    /**
     * Returns the value of a key.
     *
     * @throws UnusableValueException if the value has no meaning
     */
    private static ConfigValue checked(ConfigSourceInterceptorContext context, String name) {
        ConfigValue value = context.proceed(name);
        if (value == null || !name.startsWith(PREFIX)) {
            return value;
        }
        String key = KnownKeys.general(name);
        problem(key, value).ifPresent(problem -> {
            throw new UnusableValueException(name + " " + problem);
        });
        return value;
    }

    private static Optional<String> problem(String key, ConfigValue value) {
        if (value.hasProblems()) {
            return Optional.of(notExpanded(value));
        }
        String text = value.getValue();
        if (text == null) {
            return Optional.empty();
        }
        if (text.indexOf(NOT_DECODED) >= 0) {
            return Optional.of("contains characters that cannot be decoded (" + origin(value)
                    + "). Start the process with LC_ALL=C.UTF-8 (its locale uses " + locale()
                    + "), and write configuration files in UTF-8.");
        }
        if (text.replace(",", "").isBlank()) {
            return empty(key, value);
        }
        if (EngineKeys.PATHS.contains(key) && !locale().newEncoder().canEncode(text)) {
            return Optional.of("is a path with characters that this process cannot write (" + origin(value)
                    + "), because its locale supports only " + locale() + ". Start it with LC_ALL=C.UTF-8.");
        }
        if (EngineKeys.BOOLEANS.contains(key) && !isBoolean(key, text)) {
            return Optional.of("is " + text + " (" + origin(value) + "); it must be true or false");
        }
        return Optional.empty();
    }

    private static Optional<String> empty(String key, ConfigValue value) {
        if (key.equals(OpenAiConfig.API_KEYS)) {
            return Optional.of("contains no key (" + origin(value)
                    + "). Set at least one key, or remove the setting, which opens the API to everyone.");
        }
        if (key.equals(OperatorKeys.SETTING)) {
            return Optional.of("contains no key (" + origin(value) + "). Set at least one key, or remove the setting.");
        }
        // as everywhere in Quarkus, an optional key with an empty value counts as unset
        return EngineKeys.OPTIONAL.contains(key) && value.getValue().isEmpty()
                ? Optional.empty()
                : Optional.of("is empty (" + origin(value) + "). Set a value, or remove the setting.");
    }

    private static String notExpanded(ConfigValue value) {
        String detail = value.getProblems().getFirst().getMessage();
        Matcher matcher = NOT_EXPANDED.matcher(detail);
        if (!matcher.find()) {
            return "cannot be expanded (" + origin(value) + "): " + detail;
        }
        String variable = matcher.group(1);
        return "refers to ${" + variable + "}, which is not set (" + origin(value) + "). Set " + variable
                + ", or write \\${" + variable + "} if you mean the text itself.";
    }

    /** Returns where the value was set, for people. */
    private static String origin(ConfigValue value) {
        String source = String.valueOf(value.getLocation());
        if (source.startsWith("EnvConfigSource")) {
            return "environment variable " + KnownKeys.variable(value.getName());
        }
        return source.startsWith("SysPropConfigSource")
                ? "system property " + value.getName()
                : FILE.matcher(source).replaceFirst("$1$2");
    }

    /**
     * Returns whether the text is a boolean. The library treats every unknown text as false, and quarkus-rest leaves an
     * endpoint on unless the text is "false".
     */
    private static boolean isBoolean(String key, String text) {
        return SWITCHES.contains(key)
                ? text.equals("true") || text.equals("false")
                : BOOLEAN_WORDS.contains(text.strip().toLowerCase(Locale.ROOT));
    }

    /**
     * Returns the encoding of paths, variables and arguments. It is read late, because a native executable is built
     * under another locale.
     */
    private static Charset locale() {
        return Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"), Charset.defaultCharset());
    }
}
