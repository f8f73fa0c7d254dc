package io.quern.quantize;

import io.quern.text.EditDistance;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The types to which Quern quantises: those of llama.cpp v0.5.0 that need no importance matrix. Most are mixes, in
 * which some tensors have more bits.
 */
public enum WeightType {
    F16(1, 16),
    BF16(32, 16),
    Q8_0(7, 8.5),
    Q6_K(18, 6.6),
    Q5_K_M(17, 5.7),
    Q5_K_S(16, 5.5),
    Q5_1(9, 6),
    Q5_0(8, 5.5),
    Q4_K_M(15, 4.9),
    Q4_K_S(14, 4.6),
    Q4_1(3, 5),
    Q4_0(2, 4.5),
    IQ4_NL(25, 4.5),
    IQ4_XS(30, 4.3),
    Q3_K_L(13, 4.3),
    Q3_K_M(12, 3.9),
    Q3_K_S(11, 3.5),
    Q2_K(10, 3);

    /** Types of llama.cpp that are useless without an importance matrix. */
    private static final List<String> NEED_IMPORTANCE = List.of(
            "iq1_s", "iq1_m", "iq2_xxs", "iq2_xs", "iq2_s", "iq2_m", "iq3_xxs", "iq3_xs", "iq3_s", "iq3_m", "q2_k_s");

    private static final int SUGGESTIONS = 3;

    private final int fileType;
    private final double bits;

    /**
     * @param fileType llama.cpp's number of the mix ({@code llama_ftype})
     * @param bits of a weight, on average over a usual model
     */
    WeightType(int fileType, double bits) {
        this.fileType = fileType;
        this.bits = bits;
    }

    int fileType() {
        return fileType;
    }

    /** Returns the bits of a weight, on average over a usual model. */
    public double bits() {
        return bits;
    }

    /**
     * Finds a type by its name, in any case.
     *
     * @throws IllegalArgumentException if there is none; the message offers similar ones
     */
    public static WeightType of(String name) {
        String lower = name.strip().toLowerCase(Locale.ROOT).replace('-', '_');
        Optional<WeightType> found = Arrays.stream(values())
                .filter(type -> type.toString().equals(lower))
                .findFirst();
        if (found.isPresent()) {
            return found.get();
        }
        if (NEED_IMPORTANCE.contains(lower)) {
            throw new IllegalArgumentException("\"" + name + "\" needs an importance matrix, which Quern cannot make."
                    + " Similar types without one: iq4_xs, q3_k_m, q2_k.");
        }
        List<String> similar = Stream.of(values())
                .map(WeightType::toString)
                .sorted(Comparator.comparingInt(one -> EditDistance.between(lower, one)))
                .limit(SUGGESTIONS)
                .toList();
        throw new IllegalArgumentException(
                "There is no type \"" + name + "\". The nearest: " + String.join(", ", similar) + ".");
    }

    /** Returns the type with llama.cpp's number, if it is one of these. */
    static Optional<WeightType> ofFileType(long number) {
        return Arrays.stream(values()).filter(type -> type.fileType == number).findFirst();
    }

    /** Returns the name as users write it, such as {@code q4_0}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
