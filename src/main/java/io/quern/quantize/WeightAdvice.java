package io.quern.quantize;

import io.quern.model.WeightShare;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * Says that another type of weights is much faster on this processor. Follows from measured times, not from a list of
 * processors.
 *
 * @param current the types of the file's weights that matter
 * @param better the type to which the file should be quantised
 * @param few by which factor products with few tokens (8 requests at a time) are faster
 * @param many the same with 32 tokens
 */
public record WeightAdvice(String current, WeightType better, double few, double many) {
    static final int FEW = 8;
    static final int MANY = 32;

    /** A smaller gain is not worth the loss. */
    private static final double LEAST_GAIN = 1.5;

    /** A type that loses less is preferred if it reaches this share of the best gain. */
    private static final double NEARLY = 0.8;

    /** Types with a smaller share matter little. */
    private static final double LEAST_SHARE = 0.05;

    /** What most layers of a file of a type consist of: ggml's numbers, and their shares. The best quality first. */
    private static final Map<WeightType, Map<Integer, Double>> MIXES = Map.of(
            WeightType.Q8_0, Map.of(8, 1.0),
            WeightType.Q4_K_M, Map.of(12, 0.85, 14, 0.15),
            WeightType.Q4_0, Map.of(2, 1.0));

    /** Returns the numbers of the types that can be advised. */
    static List<Integer> candidates() {
        return MIXES.values().stream()
                .flatMap(mix -> mix.keySet().stream())
                .sorted()
                .distinct()
                .toList();
    }

    /** Returns the types of a file that matter. */
    static List<WeightShare> mainShares(List<WeightShare> shares) {
        double all = shares.stream().mapToLong(WeightShare::elements).sum();
        return shares.stream()
                .filter(share -> share.elements() >= LEAST_SHARE * all)
                .toList();
    }

    /** Returns the advice for a file, or empty if no type is much faster. Pure. */
    static Optional<WeightAdvice> of(List<WeightShare> shares, List<KernelTime> times) {
        List<WeightShare> main = mainShares(shares);
        double all = main.stream().mapToLong(WeightShare::elements).sum();
        Map<Integer, Double> own =
                main.stream().collect(Collectors.toMap(WeightShare::type, share -> share.elements() / all));
        double bits = main.stream()
                .mapToDouble(share -> share.bits() * share.elements() / all)
                .sum();
        List<WeightAdvice> possible = MIXES.keySet().stream()
                .filter(type -> type.bits() <= bits)
                .flatMap(type -> {
                    OptionalDouble few = gain(own, MIXES.getOrDefault(type, Map.of()), times, FEW);
                    OptionalDouble many = gain(own, MIXES.getOrDefault(type, Map.of()), times, MANY);
                    return few.isEmpty() || many.isEmpty()
                            ? Optional.<WeightAdvice>empty().stream()
                            : Optional.of(new WeightAdvice(names(main), type, few.getAsDouble(), many.getAsDouble()))
                                    .stream();
                })
                .toList();
        double best = possible.stream().mapToDouble(WeightAdvice::few).max().orElse(0);
        return possible.stream()
                .filter(advice -> advice.few >= LEAST_GAIN && advice.few >= NEARLY * best)
                .max(Comparator.comparingDouble(advice -> advice.better.bits()));
    }

    private static String names(List<WeightShare> shares) {
        return shares.stream().map(WeightShare::name).collect(Collectors.joining(" and "));
    }

    private static OptionalDouble gain(
            Map<Integer, Double> own, Map<Integer, Double> other, List<KernelTime> times, int vectors) {
        OptionalDouble before = nanos(own, times, vectors);
        OptionalDouble after = nanos(other, times, vectors);
        return before.isEmpty() || after.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(before.getAsDouble() / after.getAsDouble());
    }

    private static OptionalDouble nanos(Map<Integer, Double> mix, List<KernelTime> times, int vectors) {
        double sum = 0;
        for (Map.Entry<Integer, Double> part : mix.entrySet()) {
            Optional<KernelTime> time = KernelTime.of(times, part.getKey(), vectors);
            if (time.isEmpty()) {
                return OptionalDouble.empty();
            }
            sum += part.getValue() * time.get().nanos();
        }
        return OptionalDouble.of(sum);
    }

    /** @param command what a user types before {@code quantize} */
    public String text(String command) {
        return String.format(
                Locale.ROOT,
                "%s weights are slow on this processor: products with %s are %.1f times as fast for 8 tokens at a time"
                        + " and %.1f times for 32 (measured). To make such a file: %s quantize IN OUT --type %s",
                current,
                better,
                few,
                many,
                command,
                better);
    }
}
