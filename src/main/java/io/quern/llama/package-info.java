/**
 * llama.cpp v0.5.0 through java.lang.foreign. Other versions are refused.
 *
 * <p>Owns native memory and native calls. Does not own scheduling or anything of the engine.
 */
@NullMarked
package io.quern.llama;

import org.jspecify.annotations.NullMarked;
