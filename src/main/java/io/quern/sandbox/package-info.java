/**
 * Confines the engine's children: restricts their files, their system calls and the environment variables that they
 * get. The native launcher applies the restrictions.
 */
@NullMarked
package io.quern.sandbox;

import org.jspecify.annotations.NullMarked;
