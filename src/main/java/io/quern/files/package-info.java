/**
 * Decides whether another user could have changed a file that is about to be read, executed or deleted; creates private
 * folders; deletes without following links.
 *
 * <p>It knows owners, modes and links, but neither the location nor the meaning of a file. On systems without POSIX
 * users (Windows) nothing is checked: a user's folders are private there by inheritance.
 */
@NullMarked
package io.quern.files;

import org.jspecify.annotations.NullMarked;
