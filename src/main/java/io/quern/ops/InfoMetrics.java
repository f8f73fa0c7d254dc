package io.quern.ops;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quern.pool.PoolView;
import java.util.List;

/**
 * Publishes what vLLM publishes as labels, for routers that read them. The endpoint picker of Kubernetes' inference
 * gateways counts every scrape without one of these metrics as failed.
 */
final class InfoMetrics {
    /** Tokens of a block; vLLM's default. Quern's caches have no blocks, but routers only multiply the two numbers. */
    private static final int BLOCK = 16;

    private final MultiGauge cache;
    private long blocks = -1;

    /**
     * Registers the meters.
     *
     * @param tags labels of all meters
     */
    InfoMetrics(MeterRegistry registry, Tags tags) {
        Gauge.builder("vllm:lora_requests_info", () -> 1)
                .description("LoRA adapters in use, as labels; Quern serves none")
                .tags(tags.and("max_lora", "0", "running_lora_adapters", "", "waiting_lora_adapters", ""))
                .register(registry);
        cache = MultiGauge.builder("vllm:cache_config_info")
                .description("Size of the KV caches, as labels: number of blocks, and tokens per block")
                .tags(tags)
                .register(registry);
    }

    /**
     * Shows the pool's present size. Synchronized because events come on one thread, and the first call may come on
     * another.
     */
    synchronized void show(PoolView view) {
        long now = blocks(view);
        // a pool that has lost its only worker will have the same size again
        if (now != blocks && (now > 0 || blocks < 0)) {
            blocks = now;
            Tags labels = Tags.of("block_size", Integer.toString(BLOCK), "num_gpu_blocks", Long.toString(blocks));
            cache.register(List.of(MultiGauge.Row.of(labels, 1)), true);
        }
    }

    private static long blocks(PoolView view) {
        return view.workers().stream()
                .filter(worker -> !worker.standby())
                .mapToLong(worker -> worker.cacheTokens() / BLOCK)
                .sum();
    }
}
