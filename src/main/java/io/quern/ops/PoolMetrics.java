package io.quern.ops;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.quern.admission.Admission;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.pool.PoolView;
import io.quern.pool.WorkerPool;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Publishes the state of the queue and the workers, read at each scrape. */
final class PoolMetrics {
    /** The second name is vLLM's earlier one, which the gateway extension 1.2 expects. */
    private static final List<String> CACHE_USAGE = List.of("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc");

    private final MeterRegistry registry;
    private final WorkerPool pool;
    private final Tags tags;

    /**
     * Registers the meters.
     *
     * @param tags labels of all meters
     */
    PoolMetrics(MeterRegistry registry, Tags tags, WorkerPool pool, Admission admission) {
        this.registry = registry;
        this.pool = pool;
        this.tags = tags;
        Gauge.builder("vllm:num_requests_running", admission, Admission::running)
                .description("Requests that hold a slot")
                .tags(tags)
                .register(registry);
        Gauge.builder("vllm:num_requests_waiting", admission, Admission::waiting)
                .description("Requests that wait for a slot")
                .tags(tags)
                .register(registry);
        gauge("quern_pool_slots", "Slots of the ready workers", PoolView::slots);
        gauge("quern_pool_slots_busy", "Slots in use", PoolView::busySlots);
        for (String name : CACHE_USAGE) {
            gauge(name, "Share of the KV caches in use, 0 to 1", PoolMetrics::cacheUsage);
        }
        Gauge.builder("quern_prefix_store_bytes", pool, WorkerPool::prefixBytes)
                .description("Memory that the states of prompts' prefixes take")
                .baseUnit("bytes")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder("quern_worker_restarts", pool, WorkerPool::restarts)
                .description("Worker restarts since boot")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder("quern_worker_oom_kills", pool, WorkerPool::oomKills)
                .description("Workers that the kernel killed when memory ran out, since boot")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder("vllm:num_preemptions", pool, WorkerPool::pauses)
                .description("How often a request was paused because the memory of the KV cache was short, since boot")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder("vllm:spec_decode_num_draft_tokens", pool, workers -> workers.drafts()
                        .checked())
                .description("Drafted tokens that were checked, since boot")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder("vllm:spec_decode_num_accepted_tokens", pool, workers -> workers.drafts()
                        .accepted())
                .description("Drafted tokens that the model chose as well, since boot")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder("quern_rebalanced_streams", pool, WorkerPool::rebalanced)
                .description("Running streams that were asked to move to a less busy worker, since boot")
                .tags(tags)
                .register(registry);
        workersByState();
        startMethods();
    }

    private void workersByState() {
        for (String state : List.of("starting", "ready", "draining", "stopped", "failed", "backing-off", "given-up")) {
            Gauge.builder("quern_workers", pool, p -> count(p.view(), state, false))
                    .description("Workers by state; ready standbys have the state standby")
                    .tags(tags.and("state", state))
                    .register(registry);
        }
        Gauge.builder("quern_workers", pool, p -> count(p.view(), "ready", true))
                .description("Workers by state; ready standbys have the state standby")
                .tags(tags.and("state", "standby"))
                .register(registry);
    }

    private void startMethods() {
        for (StartMethod method : StartMethod.values()) {
            Gauge.builder("quern_start_method", pool, p -> uses(p, method) ? 1 : 0)
                    .description("1 for the start method in use, 0 for the others")
                    .tags(tags.and("method", method.toString()))
                    .register(registry);
        }
    }

    private static boolean uses(WorkerPool pool, StartMethod method) {
        Decision decision = pool.decision();
        return decision != null && decision.method() == method;
    }

    private void gauge(String name, String description, ToDoubleFunction<PoolView> value) {
        Gauge.builder(name, pool, p -> value.applyAsDouble(p.view()))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private static double cacheUsage(PoolView view) {
        long held = 0;
        long room = 0;
        for (PoolView.WorkerView worker : view.workers()) {
            if (!worker.standby()) {
                held += worker.cachedTokens();
                room += worker.cacheTokens();
            }
        }
        return room == 0 ? 0 : (double) held / room;
    }

    private static long count(PoolView view, String state, boolean standby) {
        return view.workers().stream()
                .filter(worker -> worker.state().equals(state) && worker.standby() == standby)
                .count();
    }
}
