/**
 * Where llama.cpp's libraries lie that workers are told to load: one's own, or those that travel in the application. Owns the checks before
 * they are loaded, which happens in the workers.
 */
@NullMarked
package io.quern.libraries;

import org.jspecify.annotations.NullMarked;
