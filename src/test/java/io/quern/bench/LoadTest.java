package io.quern.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.client.ClientException;
import io.quern.client.Endpoint;
import io.quern.client.OpenAiClient;
import io.quern.client.ScriptedService;
import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoadTest {
    private ScriptedService service;
    private OpenAiClient client;

    @AfterEach
    void close() {
        client.close();
        service.close();
    }

    private Load load(ScriptedService scripted, LoadPlan plan) {
        service = scripted;
        client = new OpenAiClient(Endpoint.of(service.url(), Optional.empty()), Duration.ofMinutes(1));
        return new Load(client, plan);
    }

    private static LoadPlan plan(int concurrency, int requests, int promptTokens, int warmUp) {
        return new LoadPlan(
                "demo",
                concurrency,
                OptionalInt.of(requests),
                Optional.empty(),
                new LoadPlan.Shape(promptTokens, 30, 0.0, true),
                warmUp);
    }

    @Test
    void everyRequestIsMeasuredOnce() throws Exception {
        Load load = load(ScriptedService.echo(), plan(4, 25, 40, 4));
        load.warmUp();
        int warm = service.requests().size();
        Report report = load.run();
        assertThat(report.answered()).isEqualTo(25);
        assertThat(report.failed()).isZero();
        assertThat(report.running()).isZero();
        assertThat(service.requests()).hasSize(warm + 25);
        // the service counts five tokens more than words, and the prompts allow for them
        assertThat(report.promptTokens()).isEqualTo(25 * 40);
        assertThat(report.tokens()).isEqualTo(25 * 35);
        assertThat(report.toFirst().count()).isEqualTo(25);
        assertThat(report.between().count()).isEqualTo(25 * 34);
        assertThat(report.whole().p99()).isGreaterThanOrEqualTo(report.toFirst().p50());
        assertThat(report.tokensPerSecond()).isPositive();
        Set<String> prompts = new HashSet<>();
        service.requests().subList(warm, warm + 25).forEach(request -> {
            prompts.add(request.at("/messages/0/content").asText());
            assertThat(request.path("max_tokens").asInt()).isEqualTo(30);
            assertThat(request.path("ignore_eos").asBoolean()).isTrue();
        });
        assertThat(prompts).as("no prompt can be reused").hasSize(25);
    }

    @Test
    void failuresAreCountedByTheirMessage() throws Exception {
        AtomicInteger number = new AtomicInteger();
        Load load = load(
                new ScriptedService(exchange -> {
                    if (number.incrementAndGet() % 2 == 0) {
                        exchange.status(429, "{\"error\":{\"message\":\"full\"}}");
                    } else {
                        exchange.stream().text("a").text("b").end("stop", 3, 2);
                    }
                }),
                plan(1, 4, 10, 0));
        load.warmUp();
        Report report = load.run();
        assertThat(report.answered()).isEqualTo(2);
        assertThat(report.failed()).isEqualTo(2);
        assertThat(report.errors()).containsExactly(Map.entry("The service answered 429: full", 2));
        assertThat(report.lines()).contains("2 x The service answered 429: full");
        assertThat(report.lines().subList(0, 10))
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(40));
        JsonNode json = new ObjectMapper().readTree(report.json(URI.create("http://x/v1"), plan(1, 4, 10, 0)));
        assertThat(json.path("failed").asInt()).isEqualTo(2);
        assertThat(json.at("/timeToFirstTokenMillis/count").asInt()).isEqualTo(2);
        assertThat(json.at("/errors/The service answered 429: full").asInt()).isEqualTo(2);
    }

    @Test
    void warmUpFailsIfTheServiceRefuses() {
        Load load = load(new ScriptedService(exchange -> exchange.status(404, "no model")), plan(2, 4, 10, 2));
        assertThatThrownBy(load::warmUp).isInstanceOf(ClientException.class).hasMessageContaining("no model");
    }

    @Test
    void stopCancelsWhatRuns() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        Load load = load(
                new ScriptedService(exchange -> {
                    exchange.stream().text("a");
                    never.await();
                }),
                plan(3, 100, 10, 0));
        CompletableFuture<Report> run = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return load.run();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                Thread::startVirtualThread);
        await().until(() -> load.report().tokens() == 3);
        assertThat(load.report().running()).isEqualTo(3);
        load.stop();
        Report report = run.get();
        assertThat(report.answered()).isZero();
        assertThat(report.failed()).isZero();
        never.countDown();
    }

    @Test
    void durationEndsTheLoad() throws Exception {
        Load load = load(
                ScriptedService.echo(),
                new LoadPlan(
                        "demo",
                        2,
                        OptionalInt.empty(),
                        Optional.of(Duration.ofMillis(200)),
                        new LoadPlan.Shape(5, 5, null, false),
                        0));
        Report report = load.run();
        assertThat(report.answered()).isPositive();
        assertThat(report.failed()).isZero();
        assertThat(report.elapsed()).isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }
}
