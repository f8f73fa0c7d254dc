/**
 * Quantises model files, compares the result with the source, and measures which types of weights are fast on this
 * processor. The work is done by child processes ({@code io.quern.weights}); this package starts them and reads what
 * they print. It owns the file that is written, until it has its name.
 */
@NullMarked
package io.quern.quantize;

import org.jspecify.annotations.NullMarked;
