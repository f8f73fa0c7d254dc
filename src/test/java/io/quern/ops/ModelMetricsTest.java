package io.quern.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Tests the meters of two applications that follow each other on one global registry, as in tests of Quarkus. */
class ModelMetricsTest {
    private final CompositeMeterRegistry global = new CompositeMeterRegistry();

    @Test
    void secondApplicationShowsItsOwnPools() {
        List<String> ours = List.of("vllm:num_requests_waiting", "quern_pool_slots");
        AtomicInteger earlier = new AtomicInteger(1);
        AtomicInteger later = new AtomicInteger(2);
        ours.forEach(name -> gauge(name, earlier));
        gauge("jvm_threads_live", earlier);

        ModelMetrics.removeEarlier(global);
        ours.forEach(name -> gauge(name, later));
        SimpleMeterRegistry scraped = new SimpleMeterRegistry();
        global.add(scraped);

        assertThat(ours).allSatisfy(name -> assertThat(scraped.get(name).gauge().value())
                .isEqualTo(2));
        assertThat(scraped.get("jvm_threads_live").gauge().value())
                .as("a library's own")
                .isEqualTo(1);
    }

    private void gauge(String name, AtomicInteger value) {
        Gauge.builder(name, value, AtomicInteger::get).register(global);
    }
}
