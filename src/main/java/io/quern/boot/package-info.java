/**
 * Plans what a start of the engine does on this machine, and how the workers fit into memory.
 *
 * <p>This package only looks and plans. The pool carries out a plan; the commands print it or use its parts.
 */
package io.quern.boot;
