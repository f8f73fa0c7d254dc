/**
 * The benchmark: Quern and llama-server side by side, in one run, on the same cores and files. Owns the load, the measuring
 * and the table; knows the services only as processes that speak HTTP. Run by {@code src/bench/run}, from source.
 */
package io.quern.bench;
