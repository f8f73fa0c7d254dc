/**
 * The fault suite: what Quern promises for the worst moments, on the packaged application, with processes that are killed, stopped and
 * overrun from outside. {@link io.quern.faults.Faults} runs each {@link io.quern.faults.Fault} under each start method and ends with a
 * table. Run by {@code src/bench/faults}, from source.
 */
package io.quern.faults;
