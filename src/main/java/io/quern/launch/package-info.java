/**
 * How a worker comes to life: the start methods, the policy that chooses one, and the decision that says why.
 *
 * <p>Owns the composition of a worker's command (class path, JVM options, AOT cache). Does not own the worker's further life.
 */
package io.quern.launch;
