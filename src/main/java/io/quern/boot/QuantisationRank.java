package io.quern.boot;

import io.quern.store.Candidate;
import java.util.Comparator;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The quality of quantisations, judged by their names. More bits are better, and among those with the same bits the
 * larger file. Weights that are not quantised come after 8 bits: they need twice the memory and half the speed, for a
 * difference that nobody notices. The old formats with one scale per block ({@code Q4_0}, {@code Q5_1}) come after the
 * others of their bits. Pure.
 */
final class QuantisationRank {
    /** The best first. */
    static final Comparator<Candidate> BEST_FIRST = Comparator.comparing(QuantisationRank::isKnown)
            .thenComparing(QuantisationRank::isQuantised)
            .thenComparing(QuantisationRank::bits)
            .thenComparing(candidate -> !isOld(candidate))
            .thenComparing(Candidate::bytes)
            .reversed();

    private static final Pattern BITS = Pattern.compile("(?:I|T)?Q(\\d).*");
    private static final Pattern FLOATS = Pattern.compile("(?:BF|FP|F)(16|32)");
    private static final int NOT_QUANTISED = 16;

    private QuantisationRank() {}

    static int bits(Candidate candidate) {
        String name = candidate.quantisation().toUpperCase(Locale.ROOT).replaceFirst("^UD-", "");
        Matcher bits = BITS.matcher(name);
        Matcher floats = FLOATS.matcher(name);
        if (bits.matches()) {
            return Integer.parseInt(bits.group(1));
        } else if (floats.matches()) {
            return Integer.parseInt(floats.group(1));
        }
        return name.startsWith("MXFP4") ? 4 : 0;
    }

    private static boolean isKnown(Candidate candidate) {
        return bits(candidate) > 0;
    }

    static boolean isQuantised(Candidate candidate) {
        return bits(candidate) < NOT_QUANTISED;
    }

    private static boolean isOld(Candidate candidate) {
        return bits(candidate) < 8 && candidate.quantisation().matches("(?i)Q\\d_[01]");
    }
}
