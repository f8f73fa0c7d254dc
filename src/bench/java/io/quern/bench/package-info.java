/**
 * The benchmarks compare Quern with llama-server and vLLM ({@link io.quern.bench.Bench}), the start methods ({@link
 * io.quern.bench.StartMethods}) and the packagings ({@link io.quern.bench.Packagings}). Each runs on the same cores and
 * files and writes its tables into docs/performance.md; {@link io.quern.bench.Charts} draws them. The package provides the load, the measurements and the tables;
 * it knows the services only as processes that speak HTTP and write a log. {@code src/bench/run}, {@code
 * src/bench/start-methods} and {@code src/bench/packagings} run them from source.
 */
package io.quern.bench;
