/**
 * The benchmarks: Quern and llama-server side by side ({@link io.quern.bench.Bench}), and the start methods of Quern's workers
 * ({@link io.quern.bench.StartMethods}), each in one run, on the same cores and files. Owns the load, the measuring and the
 * tables; knows the services only as processes that speak HTTP and write a log. Run by {@code src/bench/run} and
 * {@code src/bench/start-methods}, from source.
 */
package io.quern.bench;
