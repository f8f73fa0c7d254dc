/**
 * Plans what a start of the engine does on this machine, and how the workers fit into memory.
 *
 * <p>Owns looking and planning only. The pool carries a plan out; the commands print it or use its parts.
 */
package io.quern.boot;
