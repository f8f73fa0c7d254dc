package io.quern.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quern.ServedDemo;
import io.quern.catalog.ModelCatalog;
import io.quern.pool.PoolView;
import io.quern.pool.WorkerPool;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Reads a live scrape like the endpoint picker of Kubernetes' inference gateways. */
@QuarkusTest
@QuarkusTestResource(ServedDemo.class)
class EndpointPickerTest {
    @Inject
    ModelCatalog catalog;

    @TestHTTPResource(value = "/", management = true)
    URI management;

    @Test
    void scrapeHasEverythingThatPickerReads() {
        await().atMost(Duration.ofSeconds(60)).until(() -> pool().view().state() == PoolView.State.READY);
        // without an Accept header, /q/metrics answers in OpenMetrics, but /metrics must not
        PrometheusText scrape = PrometheusText.get(management.getPort(), "/metrics");
        assertThat(scrape.contentType()).startsWith("text/plain").contains("version=0.0.4");

        for (String name : List.of(
                "vllm:num_requests_waiting",
                "vllm:num_requests_running",
                "vllm:kv_cache_usage_perc",
                "vllm:gpu_cache_usage_perc")) {
            assertThat(scrape.type(name)).as(name).isEqualTo("gauge");
            assertThat(scrape.only(name).value()).as(name).isBetween(0.0, 1.0);
        }
        // as in ServedDemo: two slots of 256 tokens
        assertThat(scrape.only("vllm:cache_config_info").labels())
                .containsAllEntriesOf(Map.of("block_size", "16", "num_gpu_blocks", "32"));
        assertThat(scrape.only("vllm:lora_requests_info").labels())
                .containsAllEntriesOf(
                        Map.of("max_lora", "0", "running_lora_adapters", "", "waiting_lora_adapters", ""));
    }

    private WorkerPool pool() {
        return catalog.first().pool();
    }
}
