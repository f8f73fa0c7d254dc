/**
 * Calls llama.cpp v0.5.0 through java.lang.foreign, and refuses other versions.
 *
 * <p>This package owns native memory and native calls. It does no scheduling and knows nothing of the engine.
 */
@NullMarked
package io.quern.llama;

import org.jspecify.annotations.NullMarked;
