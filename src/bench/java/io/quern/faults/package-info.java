/**
 * The fault suite kills, stops and overloads the packaged application and checks what Quern promises for each case.
 * {@link io.quern.faults.Faults} runs each {@link io.quern.faults.Fault} with each start method and prints a table.
 * {@code src/bench/faults} runs it from source.
 */
package io.quern.faults;
