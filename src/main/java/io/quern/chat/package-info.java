/**
 * A chat with a model in a terminal or over a pipe: the conversation, what the user types, and how answers are shown.
 *
 * <p>Talks to a service through {@code client} only, and does not know where the service runs.
 */
@NullMarked
package io.quern.chat;

import org.jspecify.annotations.NullMarked;
