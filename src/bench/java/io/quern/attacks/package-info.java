/**
 * The attack suite: what somebody without a key, another local user or a malicious model file tries against the packaged application.
 * {@link io.quern.attacks.Attacks} runs each {@link io.quern.attacks.Attack} and ends with a table. Run by {@code src/bench/attacks}, from
 * source.
 */
package io.quern.attacks;
