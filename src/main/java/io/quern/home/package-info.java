/**
 * Provides the one folder that Quern writes to, and unpacks files of the application that must lie in a file system:
 * native libraries, an embedded model.
 *
 * <p>It owns the location of that folder and the permissions of what is created in it, and guarantees that no process
 * sees an incomplete file there. It does not know the meaning of the files.
 */
@NullMarked
package io.quern.home;

import org.jspecify.annotations.NullMarked;
