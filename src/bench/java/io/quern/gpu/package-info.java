/**
 * The GPU run: what Quern does on a machine with a GPU and without network, step by step, with a report that is complete at any moment.
 * {@link io.quern.gpu.GpuRun} runs the steps; {@code src/bench/gpu/run} starts it, and the build of llama.cpp beside it.
 */
package io.quern.gpu;
