/**
 * The one folder that Quern writes below, and the unpacking of what travels in the application but must lie in a file system:
 * native libraries, an embedded model.
 *
 * <p>Owns where that folder is, the rights of what is created in it, and that no process ever sees half a file there. Does not
 * own what the files mean.
 */
@NullMarked
package io.quern.home;

import org.jspecify.annotations.NullMarked;
