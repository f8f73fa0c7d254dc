/**
 * Tools that a model may call, and what the text of an answer means: content, reasoning, calls of tools.
 *
 * <p>It owns the formats in which models write calls and thoughts: which of them a chat template uses, the parsers, the
 * grammars that enforce a call, and the prompt for templates without tools. It knows neither HTTP nor templates'
 * syntax, and a parser depends only on the text, so an answer that moves to another worker is parsed the same way.
 */
@NullMarked
package io.quern.tools;

import org.jspecify.annotations.NullMarked;
