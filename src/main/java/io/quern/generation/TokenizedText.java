package io.quern.generation;

import java.util.List;

/**
 * The tokens of a text.
 *
 * @param tokens immutable
 * @param names the names of the tokens in the vocabulary, or empty if they were not asked for; immutable
 */
public record TokenizedText(List<Integer> tokens, List<String> names) {}
