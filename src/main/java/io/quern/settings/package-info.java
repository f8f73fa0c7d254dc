/**
 * Checks values of configuration keys and says what is wrong with them, including sizes in bytes and paths.
 *
 * <p>The room that owns a key decides which values it may have. This one only collects the problems and puts them into
 * words.
 */
@NullMarked
package io.quern.settings;

import org.jspecify.annotations.NullMarked;
