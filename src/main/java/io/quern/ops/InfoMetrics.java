package io.quern.ops;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.Startup;
import io.quern.model.ServedModel;
import io.quern.pool.PoolView;
import io.quern.pool.WorkerPool;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;

/**
 * What vLLM says in labels, for routers that read it: the picker of endpoints of Kubernetes' inference gateways counts each scrape
 * without one of these as failed.
 */
@Startup(MetricNames.BEHIND_THE_POOL)
@ApplicationScoped
class InfoMetrics {
    /** Tokens; vLLM's default. Quern's caches have no blocks: a router only multiplies. */
    private static final int BLOCK = 16;

    private final MultiGauge cache;
    private long blocks = -1;

    @Inject
    InfoMetrics(MeterRegistry registry, WorkerPool pool, ServedModel model) {
        this(registry, MetricNames.labels(model.id()));
        pool.onEvent(event -> show(pool.view()));
        show(pool.view());
    }

    /** @param tags what all meters bear */
    InfoMetrics(MeterRegistry registry, Tags tags) {
        Gauge.builder("vllm:lora_requests_info", () -> 1)
                .description("Adapters in use, in labels; there are none")
                .tags(tags.and("max_lora", "0", "running_lora_adapters", "", "waiting_lora_adapters", ""))
                .register(registry);
        cache = MultiGauge.builder("vllm:cache_config_info")
                .description("Room of the KV caches, in labels: blocks, and tokens of each")
                .tags(tags)
                .register(registry);
    }

    /** Events come on one thread; the first look may be on another. */
    final synchronized void show(PoolView view) {
        long now = blocks(view);
        // a pool that has lost its only worker will have the same room again
        if (now != blocks && (now > 0 || blocks < 0)) {
            blocks = now;
            Tags labels = Tags.of("block_size", Integer.toString(BLOCK), "num_gpu_blocks", Long.toString(blocks));
            cache.register(List.of(MultiGauge.Row.of(labels, 1)), true);
        }
    }

    private static long blocks(PoolView view) {
        return view.workers().stream()
                .filter(worker -> !worker.standby())
                .mapToLong(worker -> (long) worker.slots() * worker.contextLength() / BLOCK)
                .sum();
    }
}
