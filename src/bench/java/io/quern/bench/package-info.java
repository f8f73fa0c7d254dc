/**
 * The benchmarks compare Quern with llama-server and vLLM ({@link io.quern.bench.Bench}), the start methods ({@link
 * io.quern.bench.StartMethods}) and the packagings ({@link io.quern.bench.Packagings}). Each runs on the same cores and
 * files and writes its tables into docs/performance.md, and {@link io.quern.bench.Charts} draws them. The package
 * provides the load, the measurements, the tables and the charts; it knows the services only as processes that speak
 * HTTP and write a log. {@code src/bench/run}, {@code src/bench/start-methods}, {@code src/bench/packagings} and {@code
 * src/bench/charts} run them from source.
 */
package io.quern.bench;
