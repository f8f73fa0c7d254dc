package io.quern.worker;

import io.quern.llama.Logits;
import io.quern.llama.Vocabulary;
import io.quern.wire.Generate;
import io.quern.wire.Sampling;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one request for single tokens: biases, bad words, and the tokens that may not end the answer yet. They
 * change the logits before anything else does, and depend only on the tokens of the answer so far. Any thread may use
 * them.
 */
final class LogitRules {
    private static final int[] NONE = {};

    private final int[] biased;
    private final float[] biases;
    /** Tokens that are excluded until the answer has the minimum of tokens. */
    private final int[] ends;

    private final int minTokens;
    private final List<int[]> badWords;

    private LogitRules(int[] biased, float[] biases, int[] ends, int minTokens, List<int[]> badWords) {
        this.biased = biased;
        this.biases = biases;
        this.ends = ends;
        this.minTokens = minTokens;
        this.badWords = badWords;
    }

    /**
     * Returns the rules of a request, or null if it has none.
     *
     * @throws InvalidFieldException if a token is not in the vocabulary
     */
    static @Nullable LogitRules of(Generate request, Vocabulary vocabulary) {
        Sampling sampling = request.getSampling();
        boolean none =
                sampling.getLogitBiasCount() == 0 && sampling.getBadWordsCount() == 0 && request.getMinTokens() == 0;
        if (none) {
            return null;
        }
        int count = sampling.getLogitBiasCount();
        int[] biased = new int[count];
        float[] biases = new float[count];
        for (int i = 0; i < count; i++) {
            biased[i] = sampling.getLogitBias(i).getToken();
            biases[i] = (float) sampling.getLogitBias(i).getBias();
            InvalidFieldException.checkToken(
                    biased[i], vocabulary, "logit_bias." + Integer.toUnsignedString(biased[i]));
        }
        return new LogitRules(
                biased, biases, ends(request, vocabulary), request.getMinTokens(), badWords(sampling, vocabulary));
    }

    private static int[] ends(Generate request, Vocabulary vocabulary) {
        if (request.getMinTokens() == 0) {
            return NONE;
        }
        IntStream stops = request.getStopTokensList().stream().mapToInt(Integer::intValue);
        return request.getIgnoreEos()
                ? stops.toArray()
                : IntStream.concat(stops, Arrays.stream(vocabulary.endsOfGeneration()))
                        .toArray();
    }

    /** As in vLLM, each bad word counts at the beginning of a text and after a space. */
    private static List<int[]> badWords(Sampling sampling, Vocabulary vocabulary) {
        List<int[]> sequences = new ArrayList<>();
        for (String word : sampling.getBadWordsList()) {
            for (String variant : List.of(word.stripLeading(), " " + word.stripLeading())) {
                int[] tokens = vocabulary.tokenize(variant.getBytes(StandardCharsets.UTF_8), false);
                if (tokens.length > 0 && sequences.stream().noneMatch(other -> Arrays.equals(other, tokens))) {
                    sequences.add(tokens);
                }
            }
        }
        return sequences;
    }

    /**
     * Changes the logits of the next token.
     *
     * @param answer the tokens so far; the array may be longer
     * @param count how many tokens it has
     */
    void apply(Logits logits, int[] answer, int count) {
        for (int i = 0; i < biased.length; i++) {
            logits.add(biased[i], biases[i]);
        }
        if (count < minTokens) {
            for (int end : ends) {
                logits.exclude(end);
            }
        }
        for (int[] word : badWords) {
            if (completes(word, answer, count)) {
                logits.exclude(word[word.length - 1]);
            }
        }
    }

    /** Returns whether the answer ends with all tokens of the word but the last. */
    static boolean completes(int[] word, int[] answer, int count) {
        int before = word.length - 1;
        return before <= count && Arrays.equals(word, 0, before, answer, count - before, count);
    }
}
