package io.quern.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.StringJoiner;

/**
 * Makes prompts of about a wanted number of tokens. They begin differently, so that no service can reuse a computed
 * prompt. Thread-safe.
 */
final class PromptText {
    /** Short, frequent words, which are one token in most vocabularies. */
    private static final List<String> WORDS = List.of(
            ("time year people way day man thing woman life child world school state family student group country problem"
                            + " hand part place case week company system program question work government number night point"
                            + " home water room mother area money story fact month lot right study book eye job word business"
                            + " issue side kind head house service friend father power hour game line end member law car city"
                            + " name team minute idea body back parent face level office door health person art war history")
                    .split(" "));

    /** Words of a prompt that has each of them once, so its tokens are the mean of all prompts. */
    static final int ALL_WORDS = WORDS.size();

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
     * Learns from two prompts how the service counts. A word may be one token or several, so prompts of a few words
     * would say little about the others.
     *
     * @param oneWord tokens of a prompt with one word, template included; 0 if unknown
     * @param allWords tokens of a prompt with {@link #ALL_WORDS}, template included
     */
    static PromptText calibrated(int oneWord, int allWords) {
        double slope = (double) (allWords - oneWord) / (ALL_WORDS - 1);
        return oneWord <= 0 || slope <= 0 ? uncalibrated() : new PromptText(oneWord - slope, slope);
    }

    int words(int tokens) {
        return (int) Math.max(1, Math.round((tokens - overhead) / tokensPerWord));
    }

    /** @param number of the request, which decides the text */
    String ofTokens(int tokens, long number) {
        return ofWords(words(tokens), number);
    }

    /** Takes no word again before all were taken, so that prompts of as many words have about as many tokens. */
    static String ofWords(int words, long number) {
        Random random = new Random(number);
        List<String> order = new ArrayList<>(WORDS);
        StringJoiner text = new StringJoiner(" ");
        for (int i = 0; i < words; i++) {
            if (i % ALL_WORDS == 0) {
                Collections.shuffle(order, random);
            }
            text.add(order.get(i % ALL_WORDS));
        }
        return text.toString();
    }
}
