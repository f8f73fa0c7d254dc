/**
 * What this machine offers: cores, memory, operating system.
 *
 * <p>Owns facts, not choices: the start method is chosen from them elsewhere.
 */
package io.quern.device;
