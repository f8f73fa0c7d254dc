/**
 * The GPU run shows step by step what Quern does on a machine with a GPU and without network. Its report is complete at
 * any moment. {@link io.quern.gpu.GpuRun} runs the steps; {@code src/bench/gpu/run} starts it and, at the same time,
 * the build of llama.cpp.
 */
package io.quern.gpu;
