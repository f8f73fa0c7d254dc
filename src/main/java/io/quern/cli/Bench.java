package io.quern.cli;

import io.quern.bench.Load;
import io.quern.bench.LoadPlan;
import io.quern.bench.Report;
import io.quern.client.ClientException;
import io.quern.client.Endpoint;
import io.quern.client.OpenAiClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import sun.misc.Signal;

/** Puts load on a service and measures it. */
@Command(
        name = "bench",
        description = {
            "Puts load on a service with the OpenAI API, and measures the time to the first token, the time between"
                    + " tokens, tokens per second and errors. The service may be Quern or another one."
        },
        exitCodeList = {
            "0:every request was answered",
            "1:requests failed",
            "2:the command line is wrong",
            "4:the service does not serve the model",
            "5:the service cannot be reached",
            "6:the service asks for a key, or refuses it",
            "130:Ctrl-C; what was measured until then is printed"
        },
        footer = {
            "  ${COMMAND-FULL-NAME} http://localhost:8080",
            "  ${COMMAND-FULL-NAME} http://localhost:8080 --concurrency 32 --duration 60",
            "  ${COMMAND-FULL-NAME} http://vllm:8000/v1 --model llama --requests 500 --json > vllm.json"
        })
final class Bench implements Callable<Integer> {
    private static final long REFRESH_MILLIS = 500;
    private static final int DEFAULT_SECONDS = 30;

    @Mixin
    CommonOptions common;

    @Mixin
    KeyOption key;

    @Mixin
    AuthorityOption authorities;

    @Parameters(paramLabel = "URL", description = "The service, such as http://localhost:8080; /v1 may be omitted.")
    String url;

    @Option(names = "--model", paramLabel = "NAME", description = "The model. Default: the first that is served.")
    @Nullable
    String model;

    @Option(
            names = {"-c", "--concurrency"},
            paramLabel = "N",
            description = "Requests at a time (8).")
    int concurrency = 8;

    @Option(
            names = {"-n", "--requests"},
            paramLabel = "N",
            description = "Ends after so many requests.")
    @Nullable
    Integer requests;

    @Option(
            names = {"-d", "--duration"},
            paramLabel = "SECONDS",
            description = "Begins no request after this time (30, unless --requests is given).")
    @Nullable
    Integer duration;

    @Option(names = "--prompt-tokens", paramLabel = "N", description = "Length of the prompts, about (128).")
    int promptTokens = 128;

    @Option(names = "--max-tokens", paramLabel = "N", description = "The longest answer (128).")
    int maxTokens = 128;

    @Option(names = "--ignore-eos", description = "Makes all answers as long as that; Quern and vLLM can.")
    boolean ignoreEos;

    @Option(names = "--temperature", paramLabel = "N", description = "Default: the service's.")
    @Nullable
    Double temperature;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            description = "Short requests before the measurement. Default: as many as at a time.")
    @Nullable
    Integer warmUp;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "A request fails if the service sends nothing for so long (120).")
    int timeout = 120;

    @Option(names = "--json", description = "Prints one JSON object at the end.")
    boolean json;

    @Override
    public Integer call() throws InterruptedException {
        try {
            requirePositive("--concurrency", concurrency);
            requirePositive("--requests", requests);
            requirePositive("--duration", duration);
            requirePositive("--prompt-tokens", promptTokens);
            requirePositive("--max-tokens", maxTokens);
            requirePositive("--timeout", timeout);
            Endpoint endpoint = Endpoint.of(url, key.find());
            try (OpenAiClient client = authorities.client(endpoint, Duration.ofSeconds(timeout))) {
                return measure(client).number();
            }
        } catch (IllegalArgumentException e) {
            throw new ParameterException(common.spec.commandLine(), e.getMessage(), e);
        } catch (ClientException e) {
            throw ClientFailures.failure(e);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, e.getMessage(), e);
        }
    }

    private static void requirePositive(String option, @Nullable Integer value) {
        if (value != null && value < 1) {
            throw new IllegalArgumentException(option + " must be at least 1, but is " + value);
        }
    }

    private ExitCode measure(OpenAiClient client) throws ClientException, InterruptedException, IOException {
        LoadPlan plan = plan(model == null ? firstModel(client) : model);
        Load load = new Load(client, plan);
        AtomicBoolean interrupted = new AtomicBoolean();
        Signal.handle(new Signal("INT"), signal -> {
            if (interrupted.getAndSet(true)) {
                System.exit(ExitCode.INTERRUPTED.number());
            }
            load.stop();
        });
        load.warmUp();
        CompletableFuture<Report> run = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                run.complete(load.run());
            } catch (InterruptedException | RuntimeException e) {
                run.completeExceptionally(e);
            }
        });
        Report report = json || !Streams.OUT.isTerminal() ? awaitByBar(run, load, plan) : awaitByTable(run, load);
        Output out = common.output(json);
        if (json) {
            common.spec
                    .commandLine()
                    .getOut()
                    .print(report.json(client.endpoint().base(), plan));
            common.spec.commandLine().getOut().flush();
        } else {
            out.line(plan.model() + " at " + client.endpoint().base() + ", " + concurrency + " requests at a time");
            report.lines().forEach(out::line);
        }
        if (interrupted.get()) {
            return ExitCode.INTERRUPTED;
        }
        return report.failed() == 0 && report.answered() > 0 ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static String firstModel(OpenAiClient client) throws ClientException, InterruptedException {
        List<String> served = client.models();
        if (served.isEmpty()) {
            throw new CommandFailure(ExitCode.NOT_FOUND, client.endpoint().base() + " serves no model.");
        }
        return served.getFirst();
    }

    private LoadPlan plan(String chosen) {
        Optional<Duration> time = duration != null
                ? Optional.of(Duration.ofSeconds(duration))
                : requests == null ? Optional.of(Duration.ofSeconds(DEFAULT_SECONDS)) : Optional.empty();
        return new LoadPlan(
                chosen,
                concurrency,
                requests == null ? OptionalInt.empty() : OptionalInt.of(requests),
                time,
                new LoadPlan.Shape(promptTokens, maxTokens, temperature, ignoreEos),
                warmUp == null ? concurrency : Math.max(0, warmUp));
    }

    /** Shows the table again and again, and removes it at the end. */
    private static Report awaitByTable(CompletableFuture<Report> run, Load load)
            throws InterruptedException, IOException {
        try (LiveLines live = new LiveLines()) {
            return await(run, () -> live.show(load.report().lines()));
        }
    }

    private static Report awaitByBar(CompletableFuture<Report> run, Load load, LoadPlan plan)
            throws InterruptedException {
        boolean counted = plan.requests().isPresent();
        long total = counted
                ? plan.requests().getAsInt()
                : plan.duration().orElseThrow().toSeconds();
        try (Progress bar = Progress.of("Measuring", total, counted ? " requests" : " s")) {
            Runnable look = () -> {
                Report now = load.report();
                bar.at(
                        counted
                                ? now.answered() + now.failed()
                                : Math.min(total, now.elapsed().toSeconds()));
                bar.detail(String.format(Locale.ROOT, "%.1f tokens/s", now.tokensPerSecond()));
            };
            Report report = await(run, look);
            look.run();
            return report;
        }
    }

    private static Report await(CompletableFuture<Report> run, Runnable look) throws InterruptedException {
        while (true) {
            try {
                return run.get(REFRESH_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                look.run();
            } catch (ExecutionException e) {
                throw new IllegalStateException("The load ended unexpectedly", e.getCause());
            }
        }
    }
}
