package io.quern.generation;

import java.util.List;

/**
 * A question about a model's vocabulary, which a worker answers because the engine has none.
 *
 * @param <A> the type of the answer
 */
public sealed interface VocabularyQuestion<A> {

    /** Returns the size of the question, in characters or tokens. */
    int length();

    /** Returns the field of a request that holds the text or the tokens. */
    String field();

    /**
     * Returns the answer, taken from the parts that the worker has sent.
     *
     * @param tokens the tokens of a text
     * @param names the names of these tokens, or empty if they were not asked for
     * @param text the text of tokens
     */
    A answer(List<Integer> tokens, List<String> names, String text);

    /**
     * Asks for the tokens of a text.
     *
     * @param addSpecialTokens whether to add the model's own leading tokens
     * @param names whether the answer has the tokens' names
     * @param field the field of the request that holds the text, or what the text was made of
     */
    record Tokenize(String text, boolean addSpecialTokens, boolean names, String field)
            implements VocabularyQuestion<TokenizedText> {
        /** Asks for the tokens of a prompt. */
        public Tokenize(String text, boolean addSpecialTokens, boolean names) {
            this(text, addSpecialTokens, names, "prompt");
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public TokenizedText answer(List<Integer> tokens, List<String> tokenNames, String joined) {
            return new TokenizedText(tokens, tokenNames);
        }
    }

    /** Asks for the text of tokens. Control tokens are spelled out in it. */
    record Detokenize(List<Integer> tokens) implements VocabularyQuestion<String> {
        public Detokenize {
            tokens = List.copyOf(tokens);
        }

        @Override
        public int length() {
            return tokens.size();
        }

        @Override
        public String field() {
            return "tokens";
        }

        @Override
        public String answer(List<Integer> none, List<String> names, String text) {
            return text;
        }
    }
}
