package io.quern.ops;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.quern.admission.GenerationObserver;
import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.Usage;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Counts what requests do, under vLLM's names ({@code vllm:}), so that dashboards made for vLLM work. The meters are
 * looked up once, so a token costs only a few atomic increments.
 */
final class GenerationMetrics implements GenerationObserver {
    private final MeterRegistry registry;
    private final Tags tags;
    private final Counter migrations;
    private final Counter promptTokens;
    private final Counter generationTokens;
    private final Counter prefixQueries;
    private final Counter prefixHits;
    private final Timer queueTime;
    private final Timer timeToFirstToken;
    private final Timer interTokenLatency;
    private final Timer timePerOutputToken;
    private final Timer requestLatency;
    private final Map<FinishReason, Counter> finished = new EnumMap<>(FinishReason.class);
    private final Counter aborted;

    /**
     * Registers the meters.
     *
     * @param tags labels of all meters
     */
    GenerationMetrics(MeterRegistry registry, Tags tags) {
        this.registry = registry;
        this.tags = tags;
        migrations = counter("quern_migrations", "Requests that moved to another worker after theirs was lost");
        promptTokens = counter("vllm:prompt_tokens", "Tokens of accepted prompts");
        generationTokens = counter("vllm:generation_tokens", "Generated tokens");
        prefixQueries = counter(
                "vllm:prefix_cache_queries",
                "Tokens of the prompts whose prefixes were looked up, of finished requests");
        prefixHits = counter("vllm:prefix_cache_hits", "Those of them that were computed for an earlier request");
        queueTime = timer("vllm:request_queue_time", "Time that a request waited for a slot", Buckets.REQUEST);
        timeToFirstToken =
                timer("vllm:time_to_first_token", "Time from submission to the first token", Buckets.FIRST_TOKEN);
        interTokenLatency = timer("vllm:inter_token_latency", "Time between two steps of a stream", Buckets.TOKEN);
        timePerOutputToken = timer(
                "vllm:time_per_output_token",
                "Time between two steps of a stream, divided by the tokens of the step",
                Buckets.TOKEN);
        requestLatency = timer("vllm:e2e_request_latency", "Time from submission to the last token", Buckets.REQUEST);
        for (FinishReason reason : FinishReason.values()) {
            finished.put(reason, success(reason.name().toLowerCase(Locale.ROOT)));
        }
        aborted = success("abort");
        for (Class<?> error : GenerationError.class.getPermittedSubclasses()) {
            failures(error); // registered from the start, at 0: an alert on their rate must not miss the first failure
        }
    }

    @Override
    public void leased(Duration waited) {
        queueTime.record(waited);
    }

    @Override
    public void accepted(int tokens) {
        promptTokens.increment(tokens);
    }

    @Override
    public void firstToken(Duration sinceSubmitted) {
        timeToFirstToken.record(sinceSubmitted);
        generationTokens.increment();
    }

    @Override
    public void tokens(int count, Duration sinceLast) {
        if (count > 0) {
            interTokenLatency.record(sinceLast);
            timePerOutputToken.record(sinceLast.dividedBy(count));
            generationTokens.increment(count);
        }
    }

    @Override
    public void moved(String request, int lostWorker, int delivered, boolean alone) {
        migrations.increment();
    }

    @Override
    public void finished(GenerationEvent.Finished end, Duration sinceSubmitted) {
        Objects.requireNonNull(finished.get(end.reason())).increment();
        requestLatency.record(sinceSubmitted);
        prefixQueries.increment(end.usage().promptTokens());
        prefixHits.increment(end.usage().cachedTokens());
    }

    @Override
    public void failed(GenerationError error, Usage soFar) {
        failures(error.getClass()).increment();
        if (error instanceof GenerationError.Cancelled) {
            aborted.increment(); // vLLM counts requests here whose client left
        }
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name).description(description).tags(tags).register(registry);
    }

    private Counter success(String reason) {
        return Counter.builder("vllm:request_success")
                .description("Requests that finished (stop, length) or whose client left (abort)")
                .tags(tags.and("finished_reason", reason))
                .register(registry);
    }

    private Counter failures(Class<?> error) {
        return Counter.builder("quern_request_failures")
                .description("Requests that were refused or that failed, by reason")
                .tags(tags.and("error", MetricNames.snakeCase(error.getSimpleName())))
                .register(registry);
    }

    private Timer timer(String name, String description, Duration[] buckets) {
        return Timer.builder(name)
                .description(description)
                .tags(tags)
                .serviceLevelObjectives(buckets)
                .register(registry);
    }
}
