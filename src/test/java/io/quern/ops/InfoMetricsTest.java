package io.quern.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.quern.pool.DraftTokens;
import io.quern.pool.PoolView;
import io.quern.pool.PoolView.WorkerView;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class InfoMetricsTest {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final InfoMetrics metrics = new InfoMetrics(registry, MetricNames.labels("demo"));

    @Test
    void cacheSizeCountsOnlyServingWorkers() {
        metrics.show(view());
        assertThat(blocks()).containsExactly("0");
        metrics.show(view(worker(4, 1024, false), worker(4, 1024, true)));
        assertThat(blocks()).containsExactly("256");
        metrics.show(view(worker(4, 1024, false), worker(2, 1024, false)));
        assertThat(blocks()).containsExactly("384");
    }

    @Test
    void cacheSizeStaysWhenWorkersAreLost() {
        metrics.show(view(worker(4, 1024, false)));
        metrics.show(view(worker(0, 0, false)));
        assertThat(blocks()).containsExactly("256");
    }

    /** Returns the number of blocks in each series. */
    private List<String> blocks() {
        return registry.scrape()
                .lines()
                .filter(line -> line.startsWith("vllm:cache_config_info{"))
                .map(line -> line.replaceAll(".*num_gpu_blocks=\"(\\d+)\".*", "$1"))
                .toList();
    }

    private static PoolView view(WorkerView... workers) {
        return new PoolView(PoolView.State.READY, null, 0, 0, List.of(workers));
    }

    private static WorkerView worker(int slots, int contextLength, boolean standby) {
        return new WorkerView(
                0,
                1L,
                "ready",
                null,
                standby,
                Instant.EPOCH,
                "spawn",
                slots,
                0,
                contextLength,
                0,
                (long) slots * contextLength,
                0,
                0,
                0,
                new DraftTokens(0, 0),
                "cpu",
                0,
                null,
                List.of());
    }
}
