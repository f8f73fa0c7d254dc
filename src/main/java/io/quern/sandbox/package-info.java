/**
 * What the engine's children are kept from: files, system calls, variables of the engine's environment. The native program takes it
 * from them.
 */
@NullMarked
package io.quern.sandbox;

import org.jspecify.annotations.NullMarked;
