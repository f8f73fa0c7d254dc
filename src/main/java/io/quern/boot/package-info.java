/**
 * What a start of the engine would do here: the boot plan, and how the workers fit into the memory there is.
 *
 * <p>Owns looking and planning only. The pool carries a plan out; the commands print it or use its parts.
 */
package io.quern.boot;
