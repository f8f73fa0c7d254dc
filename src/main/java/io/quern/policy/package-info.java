/**
 * Decides how workers are started. The policy is a pure function of the configuration, the host, its devices and facts
 * about the processes. Its result, the decision, gives the reasons.
 *
 * <p>Other packages collect those facts and carry out the decision.
 */
@NullMarked
package io.quern.policy;

import org.jspecify.annotations.NullMarked;
