package io.quern.embed;

import io.quern.openai.OpenAiConfig;
import io.quern.openai.OperatorKeys;
import io.quern.text.EditDistance;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Knows the {@code quern.*} keys, and suggests one for a key that does not exist. */
record KnownKeys(Set<String> keys) {
    private static final String PREFIX = "quern.";
    private static final String ENVIRONMENT_PREFIX = "QUERN_";

    /** Variables of the project's own scripts, tests and processes, which do not configure an engine. */
    private static final Pattern NOT_FOR_THE_ENGINE =
            Pattern.compile("QUERN_MODELS|QUERN_TESTS_\\w+|QUERN_LAUNCHER|QUERN_INSIDE_WORKER");

    /** The key that the commands run, ps and bench send. */
    static final String KEY_OF_COMMANDS = "QUERN_API_KEY";

    /** Variables that Kubernetes sets for a service whose name begins with quern. */
    private static final Pattern OF_KUBERNETES =
            Pattern.compile("QUERN_(\\w+_)?(SERVICE_HOST|SERVICE_PORT(_\\w+)?|PORT_\\d+_\\w+)");

    private static final Pattern INDEX = Pattern.compile("\\[\\d+]");

    /** A key of one model: its name, which has quotes if it contains a dot, and the rest. */
    private static final Pattern OF_MODEL =
            Pattern.compile("(quern\\.models)\\.(\"(?:[^\"\\\\]|\\\\.)*\"|[^.\"]+)\\.([^.]+)");

    private static final Pattern INDEX_OF_VARIABLE = Pattern.compile("_\\d+_$");
    private static final Pattern PROFILE_OF_VARIABLE = Pattern.compile("^_[A-Z0-9]+_(?=QUERN_)");
    private static final Pattern ABOUT_SECRETS = Pattern.compile("KEY|SECRET|PASSWORD|BEARER|AUTH|OPENAI_API");

    /** Returns the key without the index of an element, and with {@code *} in place of a model's name. */
    static String general(String key) {
        return OF_MODEL.matcher(INDEX.matcher(key).replaceAll("")).replaceFirst("$1.*.$3");
    }

    /** Returns what is wrong with a key, or empty if it is known or does not belong to Quern. */
    Optional<String> problemOf(String key) {
        boolean ours = key.regionMatches(true, 0, PREFIX, 0, PREFIX.length()) || key.startsWith(ENVIRONMENT_PREFIX);
        if (!ours || keys.contains(general(key))) {
            return Optional.empty();
        }
        String asKey = key.toLowerCase(Locale.ROOT).replace('_', '.');
        return Optional.of("unknown configuration key " + key + "; did you mean "
                + named(key, nearest(key.startsWith(PREFIX) ? general(key) : asKey)) + "?");
    }

    /** Returns a known key with the name of the model that an unknown key is about. */
    private static String named(String key, String known) {
        Matcher ofModel = OF_MODEL.matcher(key);
        return known.replace("*", ofModel.matches() ? ofModel.group(2) : "\"NAME\"");
    }

    /** Returns what is wrong with the name of an environment variable, or empty. */
    Optional<String> problemOfVariable(String variable) {
        String name = withoutProfile(variable);
        if (!name.startsWith(ENVIRONMENT_PREFIX)
                || NOT_FOR_THE_ENGINE.matcher(name).matches()
                || OF_KUBERNETES.matcher(name).matches()
                || isVariable(name)
                || isVariable(INDEX_OF_VARIABLE.matcher(name).replaceFirst(""))) {
            return Optional.empty();
        }
        if (name.equals(KEY_OF_COMMANDS)) {
            return Optional.of(
                    variable + " is the key that the commands run, ps and bench send; it does not protect this"
                            + " engine. Set " + variable(OpenAiConfig.API_KEYS) + ", or unset " + variable + ".");
        }
        String meant = mayMeanAnApiKey(variable)
                ? name.contains("_OPS") || name.contains("OPERATOR") ? OperatorKeys.SETTING : OpenAiConfig.API_KEYS
                : nearest(name.toLowerCase(Locale.ROOT).replace('_', '.'));
        String profile = variable.substring(0, variable.length() - name.length());
        return Optional.of("unknown environment variable " + variable + "; did you mean " + profile
                + variable(named("", meant)) + "?");
    }

    /** Returns whether a variable that configures nothing may be meant to protect the API. */
    static boolean mayMeanAnApiKey(String variable) {
        return ABOUT_SECRETS.matcher(withoutProfile(variable)).find();
    }

    private boolean isVariable(String name) {
        return keys.stream().anyMatch(key -> sets(name, key));
    }

    /** Returns whether the variable sets the key; a model's name may be any text. */
    private static boolean sets(String variable, String key) {
        int name = key.indexOf('*');
        if (name < 0) {
            return variable(key).equals(variable);
        }
        String before = variable(key.substring(0, name));
        String after = variable(key.substring(name + 1));
        return variable.startsWith(before)
                && variable.endsWith(after)
                && variable.length() > before.length() + after.length();
    }

    /** Returns the name of a variable without a prefix such as {@code _PROD_}, which limits it to one profile. */
    static String withoutProfile(String variable) {
        return PROFILE_OF_VARIABLE.matcher(variable).replaceFirst("");
    }

    private String nearest(String key) {
        return keys.stream()
                .min(Comparator.comparingInt((String known) -> EditDistance.between(key, known))
                        .thenComparing(known -> known))
                .orElseThrow();
    }

    /** Returns the environment variable that sets a key. */
    static String variable(String key) {
        return key.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }
}
