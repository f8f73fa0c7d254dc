/**
 * Whose a file is: decides whether another user could have changed what is about to be read, executed or deleted, makes private folders,
 * and deletes without following links.
 *
 * <p>Owns owners, modes and links. Does not own where a file lies nor what it means. Where the system has no users as POSIX knows them
 * (Windows), nothing is checked: a user's folders are private there by inheritance.
 */
@NullMarked
package io.quern.files;

import org.jspecify.annotations.NullMarked;
