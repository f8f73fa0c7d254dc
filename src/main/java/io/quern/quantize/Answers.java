package io.quern.quantize;

import io.quern.quantize.QuantizeException.Problem;
import java.util.List;

/** Reads the words of a line. Trusts none of them: the process that writes it has read an untrusted file. */
final class Answers {
    private Answers() {}

    /** @throws QuantizeException if the line has another number of words */
    static void require(List<String> words, int number) {
        if (words.size() != number) {
            throw wrong(words);
        }
    }

    static long whole(List<String> words, int index) {
        try {
            long number = Long.parseLong(words.get(index));
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // as for a negative number
        }
        throw wrong(words);
    }

    static double real(List<String> words, int index) {
        try {
            double number = Double.parseDouble(words.get(index));
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // as for an infinite number
        }
        throw wrong(words);
    }

    private static QuantizeException wrong(List<String> words) {
        return new QuantizeException(
                Problem.FAILED, "The process for weights has written an unexpected line: " + String.join(" ", words));
    }
}
