package io.quern.bench;

import java.util.Random;
import java.util.StringJoiner;

/**
 * Makes prompts of about a wanted number of tokens. They begin differently, so that no service can reuse a computed
 * prompt. Thread-safe.
 */
final class PromptText {
    /** Short, frequent words, which are one token in most vocabularies. */
    private static final String[] WORDS =
            ("time year people way day man thing woman life child world school state family student group country problem"
                            + " hand part place case week company system program question work government number night point"
                            + " home water room mother area money story fact month lot right study book eye job word business"
                            + " issue side kind head house service friend father power hour game line end member law car city"
                            + " name team minute idea body back parent face level office door health person art war history")
                    .split(" ");

    /** What a token is worth if the service does not report the tokens of a prompt. */
    private static final double USUAL_TOKENS_PER_WORD = 1.1;

    private final double overhead;
    private final double tokensPerWord;

    private PromptText(double overhead, double tokensPerWord) {
        this.overhead = overhead;
        this.tokensPerWord = tokensPerWord;
    }

    static PromptText uncalibrated() {
        return new PromptText(0, USUAL_TOKENS_PER_WORD);
    }

    /**
     * Learns from two prompts how the service counts.
     *
     * @param shortTokens tokens of a prompt with {@code shortWords} words, template included; 0 if unknown
     */
    static PromptText calibrated(int shortWords, int shortTokens, int longWords, int longTokens) {
        double slope = (double) (longTokens - shortTokens) / (longWords - shortWords);
        return shortTokens <= 0 || slope <= 0
                ? uncalibrated()
                : new PromptText(shortTokens - slope * shortWords, slope);
    }

    int words(int tokens) {
        return (int) Math.max(1, Math.round((tokens - overhead) / tokensPerWord));
    }

    /** @param number of the request, which decides the text */
    String ofTokens(int tokens, long number) {
        return ofWords(words(tokens), number);
    }

    static String ofWords(int words, long number) {
        Random random = new Random(number);
        StringJoiner text = new StringJoiner(" ");
        for (int i = 0; i < words; i++) {
            text.add(WORDS[random.nextInt(WORDS.length)]);
        }
        return text.toString();
    }
}
