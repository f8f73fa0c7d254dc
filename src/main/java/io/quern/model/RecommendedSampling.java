package io.quern.model;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.DoublePredicate;

/**
 * How the makers of a model recommend to sample from it, as its file says ({@code general.sampling.*}). The values are
 * within the ranges of the API; the others are missing, as are those that the file does not name.
 *
 * @param topK 0: off
 * @param unusable one text for each value of the file that is out of its range
 */
public record RecommendedSampling(
        OptionalDouble temperature,
        OptionalDouble topP,
        OptionalInt topK,
        OptionalDouble minP,
        OptionalDouble repetitionPenalty,
        List<String> unusable) {
    private static final String PREFIX = "general.sampling.";
    private static final double MAX_TEMPERATURE = 2;
    private static final double MAX_PENALTY = 10;

    static RecommendedSampling of(Map<String, Object> values) {
        List<String> unusable = new ArrayList<>();
        return new RecommendedSampling(
                number(values, "temp", value -> value >= 0 && value <= MAX_TEMPERATURE, unusable),
                number(values, "top_p", value -> value > 0 && value <= 1, unusable),
                topK(values, unusable),
                number(values, "min_p", value -> value >= 0 && value <= 1, unusable),
                number(values, "penalty_repeat", value -> value > 0 && value <= MAX_PENALTY, unusable),
                List.copyOf(unusable));
    }

    /** Returns whether the file recommends nothing that can be used. */
    public boolean isEmpty() {
        return temperature.isEmpty()
                && topP.isEmpty()
                && topK.isEmpty()
                && minP.isEmpty()
                && repetitionPenalty.isEmpty();
    }

    /** Returns the values with the names that they have in a request, such as {@code temperature 0.6, top_k 20}. */
    public String text() {
        List<String> parts = new ArrayList<>();
        temperature.ifPresent(value -> parts.add("temperature " + plain(value)));
        topP.ifPresent(value -> parts.add("top_p " + plain(value)));
        topK.ifPresent(value -> parts.add("top_k " + value));
        minP.ifPresent(value -> parts.add("min_p " + plain(value)));
        repetitionPenalty.ifPresent(value -> parts.add("repetition_penalty " + plain(value)));
        return String.join(", ", parts);
    }

    private static OptionalDouble number(
            Map<String, Object> values, String name, DoublePredicate range, List<String> unusable) {
        Object value = values.get(PREFIX + name);
        if (value == null) {
            return OptionalDouble.empty();
        }
        if (value instanceof Number number && range.test(number.doubleValue())) {
            return OptionalDouble.of(shortest(number.doubleValue()));
        }
        unusable.add(PREFIX + name + " = " + value);
        return OptionalDouble.empty();
    }

    /** As in llama.cpp, everything below 1 switches it off. */
    private static OptionalInt topK(Map<String, Object> values, List<String> unusable) {
        Object value = values.get(PREFIX + "top_k");
        if (value == null) {
            return OptionalInt.empty();
        }
        if (value instanceof Long number && number <= Integer.MAX_VALUE) {
            return OptionalInt.of((int) Math.max(0, number));
        }
        unusable.add(PREFIX + "top_k = " + value);
        return OptionalInt.empty();
    }

    /** Files contain floats. As a double, 0.6f would be 0.6000000238418579. */
    private static double shortest(double value) {
        return (float) value == value ? Double.parseDouble(Float.toString((float) value)) : value;
    }

    private static String plain(double value) {
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }
}
