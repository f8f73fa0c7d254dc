package io.quern.chat;

import io.quern.client.ChatRequest.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What applies to every question of a chat.
 *
 * @param system the system message, or null
 * @param verbose whether each answer is followed by its speed
 */
public record ChatOptions(@Nullable String system, Sampling sampling, boolean verbose) {
    private static final String DEFAULT = "default";
    private static final double MAX_TEMPERATURE = 2;

    /**
     * Returns options from what was typed on a command line.
     *
     * @throws IllegalArgumentException as {@link #with}
     */
    public static ChatOptions of(
            @Nullable String system, String temperature, String maxTokens, String seed, boolean verbose) {
        return new ChatOptions(system, Sampling.DEFAULT, verbose)
                .with("temperature", temperature)
                .with("max-tokens", maxTokens)
                .with("seed", seed);
    }

    ChatOptions withSystem(@Nullable String text) {
        return new ChatOptions(text, sampling, verbose);
    }

    /**
     * Returns the options with another value of one.
     *
     * @param name {@code temperature}, {@code max-tokens}, {@code seed} or {@code verbose}
     * @param value as typed; {@code default} leaves it to the service
     * @throws IllegalArgumentException if there is no such option, or it cannot have this value; the message is for
     *     people
     */
    ChatOptions with(String name, String value) {
        Sampling old = sampling;
        return switch (name.toLowerCase(Locale.ROOT).replace('_', '-')) {
            case "temperature" -> with(new Sampling(number(name, value), old.maxTokens(), old.seed()));
            case "max-tokens" -> {
                Integer most = parse(name, value, "a whole number", Integer::valueOf);
                if (most != null && most < 1) {
                    throw new IllegalArgumentException("max-tokens must be at least 1, but is " + value);
                }
                yield with(new Sampling(old.temperature(), most, old.seed()));
            }
            case "seed" ->
                with(new Sampling(
                        old.temperature(), old.maxTokens(), parse(name, value, "a whole number", Long::valueOf)));
            case "verbose" ->
                switch (value) {
                    case "on", "true" -> new ChatOptions(system, sampling, true);
                    case "off", "false", DEFAULT -> new ChatOptions(system, sampling, false);
                    default -> throw new IllegalArgumentException("verbose must be on or off, but is " + value);
                };
            default ->
                throw new IllegalArgumentException(
                        "There is no option " + name + ". There are temperature, max-tokens, seed and verbose.");
        };
    }

    private ChatOptions with(Sampling other) {
        return new ChatOptions(system, other, verbose);
    }

    private static @Nullable Double number(String name, String value) {
        Double number = parse(name, value, "a number", Double::valueOf);
        if (number != null && !(number >= 0 && number <= MAX_TEMPERATURE)) {
            throw new IllegalArgumentException(name + " must be from 0 to 2, but is " + value);
        }
        return number;
    }

    private static <T> @Nullable T parse(String name, String value, String kind, Function<String, T> parser) {
        if (value.equals(DEFAULT)) {
            return null;
        }
        try {
            return parser.apply(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " must be " + kind + " or default, but is " + value, e);
        }
    }

    /** Returns the options as text, a line each. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("temperature  " + shown(sampling.temperature()));
        lines.add("max-tokens   " + shown(sampling.maxTokens()));
        lines.add("seed         " + shown(sampling.seed()));
        lines.add("verbose      " + (verbose ? "on" : "off"));
        lines.add("system       " + (system == null ? "none" : system));
        return lines;
    }

    private static String shown(@Nullable Object value) {
        return value == null ? DEFAULT : value.toString();
    }
}
