/**
 * Decides how text from elsewhere (a model file, a client, a child process, a file name) is shown to people.
 *
 * <p>Makes characters visible that a terminal or a log would obey. JSON is not handled here: it has escapes of its own.
 * Also measures how much two names differ, to find the one that a person has mistyped.
 */
@NullMarked
package io.quern.text;

import org.jspecify.annotations.NullMarked;
