/**
 * Puts load on any service with the OpenAI API and measures it: time to first token, time between tokens, tokens per
 * second, errors.
 *
 * <p>The load is closed: a number of clients, each of which sends its next request after the last one has ended.
 */
@NullMarked
package io.quern.bench;

import org.jspecify.annotations.NullMarked;
