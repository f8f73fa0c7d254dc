/**
 * llama.cpp v0.5.0 through java.lang.foreign: exactly this version, refused otherwise.
 *
 * <p>Owns native memory and calls. Does not own scheduling, nor anything of the engine's.
 */
@NullMarked
package io.quern.llama;

import org.jspecify.annotations.NullMarked;
