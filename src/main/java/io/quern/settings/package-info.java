/**
 * Checks values of configuration keys and words what is wrong with them, including sizes in bytes and paths.
 *
 * <p>The room that owns a key decides which values it may have. This one only collects and words the problems.
 */
@NullMarked
package io.quern.settings;

import org.jspecify.annotations.NullMarked;
