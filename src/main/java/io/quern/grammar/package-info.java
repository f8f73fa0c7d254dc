/**
 * Turns JSON Schemas, regular expressions and lists of choices into grammars in llama.cpp's notation (GBNF), and checks
 * grammars that clients write.
 *
 * <p>Owns the rule that no accepted schema yields an invalid document: what a grammar cannot express is refused, by the
 * keyword and its path. Also owns the checks that keep a grammar from crashing or stalling llama.cpp. Knows nothing
 * about requests and models. All classes are pure functions or immutable.
 */
@NullMarked
package io.quern.grammar;

import org.jspecify.annotations.NullMarked;
