/**
 * Which start method workers get: the policy, a pure function of what was asked for, the host, its devices and the processes, and the
 * decision that says why.
 *
 * <p>Does not own how those facts are found, nor what carries the decision out.
 */
@NullMarked
package io.quern.policy;

import org.jspecify.annotations.NullMarked;
