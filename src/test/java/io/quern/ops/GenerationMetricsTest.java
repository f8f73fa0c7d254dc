package io.quern.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.quern.admission.GenerationObserver;
import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent.Finished;
import io.quern.generation.Usage;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class GenerationMetricsTest {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final GenerationObserver metrics = new GenerationMetrics(registry, MetricNames.labels("demo"));

    @Test
    void requestIsCounted() {
        metrics.leased(Duration.ofMillis(400));
        metrics.accepted(7);
        metrics.firstToken(Duration.ofMillis(50));
        metrics.tokens(1, Duration.ofMillis(20));
        metrics.tokens(2, Duration.ofMillis(60));
        metrics.finished(new Finished(FinishReason.LENGTH, new Usage(7, 4).withCached(3)), Duration.ofMillis(900));

        assertThat(registry.scrape().lines())
                .contains(
                        "vllm:prompt_tokens_total{model_name=\"demo\",} 7.0",
                        "vllm:generation_tokens_total{model_name=\"demo\",} 4.0",
                        "vllm:prefix_cache_queries_total{model_name=\"demo\",} 7.0",
                        "vllm:prefix_cache_hits_total{model_name=\"demo\",} 3.0",
                        "vllm:request_success_total{finished_reason=\"length\",model_name=\"demo\",} 1.0",
                        "vllm:request_success_total{finished_reason=\"stop\",model_name=\"demo\",} 0.0",
                        "vllm:request_queue_time_seconds_bucket{model_name=\"demo\",le=\"0.3\",} 0.0",
                        "vllm:request_queue_time_seconds_bucket{model_name=\"demo\",le=\"0.5\",} 1.0",
                        "vllm:time_to_first_token_seconds_bucket{model_name=\"demo\",le=\"0.06\",} 1.0",
                        "vllm:inter_token_latency_seconds_bucket{model_name=\"demo\",le=\"0.025\",} 1.0",
                        "vllm:inter_token_latency_seconds_bucket{model_name=\"demo\",le=\"0.075\",} 2.0",
                        "vllm:time_per_output_token_seconds_bucket{model_name=\"demo\",le=\"0.05\",} 2.0",
                        "vllm:e2e_request_latency_seconds_bucket{model_name=\"demo\",le=\"1.0\",} 1.0");
    }

    @Test
    void failureIsCountedByName() {
        metrics.failed(new GenerationError.WorkerLost(0, "gone"), new Usage(1, 1));
        metrics.failed(new GenerationError.Cancelled("left"), new Usage(1, 1));

        assertThat(registry.scrape().lines())
                .contains(
                        "quern_request_failures_total{error=\"worker_lost\",model_name=\"demo\",} 1.0",
                        "quern_request_failures_total{error=\"cancelled\",model_name=\"demo\",} 1.0",
                        "quern_request_failures_total{error=\"overloaded\",model_name=\"demo\",} 0.0",
                        "vllm:request_success_total{finished_reason=\"abort\",model_name=\"demo\",} 1.0");
    }
}
