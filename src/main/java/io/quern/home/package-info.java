/**
 * The one folder that Quern writes to, and the unpacking of files that are part of the application but must lie in a
 * file system: native libraries, an embedded model.
 *
 * <p>Owns the location of that folder and the permissions of what is created in it, and guarantees that no process sees
 * an incomplete file there. Does not own the meaning of the files.
 */
@NullMarked
package io.quern.home;

import org.jspecify.annotations.NullMarked;
