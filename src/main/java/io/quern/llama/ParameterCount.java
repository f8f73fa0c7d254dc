package io.quern.llama;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Formats the number of a model's parameters with a unit: "3M", "135M", "1.2B". Pure. */
final class ParameterCount {
    /**
     * Matches "llama 256M Q4_1", "llama ?B Q8_0", "qwen2moe 8x7B Q4_0": the second word is the size; no part contains a
     * space.
     */
    private static final Pattern DESCRIPTION = Pattern.compile("(\\S+) (\\S+)( .+)?");

    private static final long MILLION = 1_000_000;
    private static final long BILLION = 1_000 * MILLION;

    private ParameterCount() {}

    static String text(long parameters) {
        // what rounds up to a thousand of a unit is written in the next one
        if (parameters >= BILLION - MILLION / 2) {
            return rounded(parameters, BILLION, 1) + "B";
        }
        if (parameters >= MILLION - 500) {
            return rounded(parameters, MILLION, 0) + "M";
        }
        return parameters >= 1000 ? rounded(parameters, 1000, 0) + "K" : Long.toString(parameters);
    }

    /** Returns llama.cpp's description with the actual size in place of its label. */
    static String inPlaceOfLabel(String description, long parameters) {
        Matcher words = DESCRIPTION.matcher(description);
        return words.matches()
                ? words.group(1) + " " + text(parameters) + (words.group(3) == null ? "" : words.group(3))
                : description;
    }

    private static String rounded(long number, long unit, int decimals) {
        return BigDecimal.valueOf(number)
                .divide(BigDecimal.valueOf(unit), decimals, RoundingMode.HALF_UP)
                .stripTrailingZeros()
                .toPlainString();
    }
}
