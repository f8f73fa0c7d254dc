/**
 * Whether values of configuration keys make sense; what is said where they do not, sizes among it.
 *
 * <p>Owns the words only. Which key may be what is said by the room that owns the key.
 */
@NullMarked
package io.quern.settings;

import org.jspecify.annotations.NullMarked;
