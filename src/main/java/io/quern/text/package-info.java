/**
 * How text of others (a model file, a client, a child's output, a file's name) is shown to people.
 *
 * <p>Owns the visible form of characters that a terminal or a log would obey. Does not own JSON, which has escapes of its own.
 */
@NullMarked
package io.quern.text;

import org.jspecify.annotations.NullMarked;
