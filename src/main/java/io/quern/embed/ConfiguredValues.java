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
 * Refuses values of {@code quern.*} keys that are there but say nothing, wherever they are read: at the boot of an engine or of an
 * embedding application, and by commands.
 *
 * <p>The library that reads the configuration takes an optional key whose value refers to a variable that is not set for a key that
 * nobody has set, and a boolean that it does not know for false. Either would leave an engine open, or different from what its
 * operator has written, without a word.
 */
final class ConfiguredValues implements ConfigSourceInterceptorFactory {
    private static final String PREFIX = "quern.";

    private static final char NOT_DECODED = '\ufffd';

    /** Outside of all that changes values: it sees what a mapping would get. */
    private static final int OUTERMOST = Priorities.APPLICATION + 1000;

    private static final Pattern INDEX = Pattern.compile("\\[\\d+]$");

    /** How the library words a failed expansion. */
    private static final Pattern NOT_EXPANDED = Pattern.compile("Could not expand value (.*) in property");

    private static final Set<String> BOOLEAN_WORDS =
            Set.of("true", "yes", "y", "on", "1", "false", "no", "n", "off", "0");

    /** Keys that are compared as text. */
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

    /** @throws UnusableValueException if the value says nothing */
    private static ConfigValue checked(ConfigSourceInterceptorContext context, String name) {
        ConfigValue value = context.proceed(name);
        if (value == null || !name.startsWith(PREFIX)) {
            return value;
        }
        String key = INDEX.matcher(name).replaceFirst("");
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
            return Optional.of("holds characters that cannot be decoded (" + origin(value)
                    + "). Start the process with LC_ALL=C.UTF-8 (its locale reads " + locale()
                    + "), and write configuration files in UTF-8.");
        }
        if (text.replace(",", "").isBlank()) {
            return empty(key, value);
        }
        if (EngineKeys.PATHS.contains(key) && !locale().newEncoder().canEncode(text)) {
            return Optional.of("is a path with characters that this process cannot write (" + origin(value)
                    + "): its locale knows " + locale() + " only. Start it with LC_ALL=C.UTF-8.");
        }
        if (EngineKeys.BOOLEANS.contains(key) && !isBoolean(key, text)) {
            return Optional.of("is " + text + " (" + origin(value) + "); it must be true or false");
        }
        return Optional.empty();
    }

    private static Optional<String> empty(String key, ConfigValue value) {
        if (key.equals(OpenAiConfig.API_KEYS)) {
            return Optional.of("holds no key (" + origin(value)
                    + "). Give it at least one, or remove the setting, which opens the API to everyone.");
        }
        if (key.equals(OperatorKeys.SETTING)) {
            return Optional.of("holds no key (" + origin(value) + "). Give it at least one, or remove the setting.");
        }
        // as everywhere in Quarkus: an optional key that is empty is a key that is not set
        return EngineKeys.OPTIONAL.contains(key) && value.getValue().isEmpty()
                ? Optional.empty()
                : Optional.of("is empty (" + origin(value) + "). Give it a value, or remove the setting.");
    }

    private static String notExpanded(ConfigValue value) {
        String detail = value.getProblems().getFirst().getMessage();
        Matcher matcher = NOT_EXPANDED.matcher(detail);
        if (!matcher.find()) {
            return "cannot be expanded (" + origin(value) + "): " + detail;
        }
        String variable = matcher.group(1);
        return "refers to ${" + variable + "}, which is not set (" + origin(value) + "). Set " + variable
                + ", or write \\${" + variable + "} if the text itself is meant.";
    }

    /** Where it was set, for people. */
    private static String origin(ConfigValue value) {
        String source = String.valueOf(value.getLocation());
        if (source.startsWith("EnvConfigSource")) {
            return "environment variable " + KnownKeys.variable(value.getName());
        }
        return source.startsWith("SysPropConfigSource")
                ? "system property " + value.getName()
                : FILE.matcher(source).replaceFirst("$1$2");
    }

    /** The library takes all that it does not know for false, and quarkus-rest leaves an endpoint on unless the text is "false". */
    private static boolean isBoolean(String key, String text) {
        return SWITCHES.contains(key)
                ? text.equals("true") || text.equals("false")
                : BOOLEAN_WORDS.contains(text.strip().toLowerCase(Locale.ROOT));
    }

    /** The encoding of paths, variables and arguments; asked for late, since a native executable is built under another locale. */
    private static Charset locale() {
        return Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"), Charset.defaultCharset());
    }
}
