/**
 * Two engines behind vLLM's router, as on two machines: how requests spread, what the router costs, and what clients see when an engine
 * is killed or told to end. {@link io.quern.router.RouterBench} writes the tables of docs/howto/scale-out.md. Run by
 * {@code src/bench/router}, from source.
 */
package io.quern.router;
