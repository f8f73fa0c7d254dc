/**
 * Measures two engines behind vLLM's router, as if on two machines: how it distributes requests, what it costs, and
 * what clients see when an engine is killed or gets SIGTERM. {@link io.quern.router.RouterBench} writes the tables of
 * docs/howto/scale-out.md. {@code src/bench/router} runs it from source.
 */
package io.quern.router;
