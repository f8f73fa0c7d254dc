/**
 * The attack suite tries what a client without a key, another local user or a malicious model file could try against
 * the packaged application. {@link io.quern.attacks.Attacks} runs each {@link io.quern.attacks.Attack} and prints a
 * table. {@code src/bench/attacks} runs it from source.
 */
package io.quern.attacks;
