/**
 * Decides how many workers a model gets, with how many threads and slots each. The policy is a pure function of the
 * processors, the memory, the model, the start method and the configuration. Its result gives a reason for each number.
 *
 * <p>Other packages collect those facts and carry out the choice.
 */
@NullMarked
package io.quern.topology;

import org.jspecify.annotations.NullMarked;
