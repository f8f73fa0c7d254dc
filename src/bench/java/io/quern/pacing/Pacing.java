package io.quern.pacing;

import io.quern.bench.Charts;
import io.quern.bench.DefaultEngine;
import io.quern.bench.Figures;
import io.quern.bench.Machine;
import io.quern.bench.Page;
import io.quern.bench.Service;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Runs streams, sends long prompts beside them, and compares the time between two tokens of a stream before and after
 * with that during the prompts. Arguments: {@code --quern=} (the command), {@code --home=} (an empty folder), {@code
 * --model=NAME:FILE} (the last one counts), {@code --llama-server=} (compares with it), {@code --streams=}, {@code --tokens=} of a
 * prompt, {@code --prompts=} that arrive at once (a list), {@code --rounds=}, {@code --set=QUERN_KEY=VALUE} (a setting
 * of the engine, several times), {@code --page=}.
 */
final class Pacing {
    /** Time before and after the prompts in which the streams run by themselves. */
    private static final Duration ALONE = Duration.ofSeconds(8);

    /** Chunks of a stream before it counts as running. */
    private static final int BEGUN = 10;

    private final int streams;
    private final int tokens;
    private int sent;

    private Pacing(int streams, int tokens) {
        this.streams = streams;
        this.tokens = tokens;
    }

    /**
     * What one round has shown, in milliseconds.
     *
     * @param alone between two tokens of a stream while only streams run
     * @param beside the same while prompts are computed
     * @param first from sending a prompt to its first token, beside the streams
     * @param idle the same without streams
     */
    private record Round(Percentiles alone, Percentiles beside, double first, double idle) {
        double ratio() {
            return beside.p99() / alone.p99();
        }
    }

    private record Percentiles(double p50, double p99) {
        static Percentiles of(List<Double> gaps) {
            List<Double> sorted = gaps.stream().sorted().toList();
            return new Percentiles(at(sorted, 0.5), at(sorted, 0.99));
        }

        private static double at(List<Double> sorted, double share) {
            return sorted.get((int) Math.ceil(share * sorted.size()) - 1);
        }
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new LinkedHashMap<>();
        Map<String, String> settings = new LinkedHashMap<>();
        for (String argument : args) {
            String[] parts = argument.split("=", 2);
            if (parts[0].equals("--set")) {
                String[] setting = parts[1].split("=", 2);
                settings.put(setting[0], setting[1]);
            } else {
                options.put(parts[0], parts[1]);
            }
        }
        String[] model = options.get("--model").split(":", 2);
        Pacing pacing = new Pacing(
                Integer.parseInt(options.getOrDefault("--streams", "8")),
                Integer.parseInt(options.getOrDefault("--tokens", "8000")));
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("QUERN_WORKER_CONTEXT_LENGTH", Integer.toString(pacing.context()));
        environment.putAll(settings);
        List<Service.Kind> kinds = new ArrayList<>(List.of(new DefaultEngine(
                Path.of(options.get("--quern")), Path.of(options.get("--home")), "Quern", environment)));
        if (!options.getOrDefault("--llama-server", "").isBlank()) {
            kinds.add(new Service.LlamaServer(Path.of(options.get("--llama-server")), 1));
        }
        StringBuilder table = new StringBuilder();
        table.append(Machine.measured(""));
        table.append("### %s: %d streams beside prompts of %d tokens%s%n%n"
                .formatted(model[0], pacing.streams, pacing.tokens, settings.isEmpty() ? "" : ", with " + settings));
        table.append("| server | prompts at once | streams alone: p50, ms | streams alone: p99, ms"
                + " | beside the prompts: p50, ms | beside the prompts: p99, ms | p99 ratio"
                + " | first token of the prompts, ms | the same without streams, ms |\n");
        table.append("|---|---|---|---|---|---|---|---|---|\n");
        int rounds = Integer.parseInt(options.getOrDefault("--rounds", "3"));
        for (Service.Kind kind : kinds) {
            for (String number : options.getOrDefault("--prompts", "1,4").split(",")) {
                String row = pacing.row(kind, Path.of(model[1]), Integer.parseInt(number), rounds);
                System.out.print(row);
                table.append(row);
            }
        }
        table.append('\n');
        System.out.println("\n" + table);
        if (options.containsKey("--page")) {
            Page page = new Page(Path.of(options.get("--page")));
            page.write("pacing", table.toString());
            Charts.draw(page);
        }
    }

    /** Returns room for the prompt, and for the whole run of a stream. */
    private int context() {
        return tokens + 192;
    }

    private String row(Service.Kind kind, Path model, int prompts, int rounds) throws Exception {
        List<Round> all = new ArrayList<>();
        try (Service service = Service.launch(kind, model, streams + prompts, context())) {
            service.firstToken(Duration.ofMillis(50));
            for (int i = 0; i < rounds; i++) {
                Round round = round(service, prompts);
                System.out.printf("  %s, round %d: %s, ratio %.2f%n", kind.title(), i + 1, round, round.ratio());
                all.add(round);
            }
        }
        return "| %s | %d | %.0f | %.0f | %.0f | %.0f | %.2f | %.0f | %.0f |%n"
                .formatted(
                        kind.title(),
                        prompts,
                        median(all, round -> round.alone().p50()),
                        median(all, round -> round.alone().p99()),
                        median(all, round -> round.beside().p50()),
                        median(all, round -> round.beside().p99()),
                        median(all, Round::ratio),
                        median(all, Round::first),
                        median(all, Round::idle));
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> figure) {
        return Figures.median(rounds.stream().map(figure::applyAsDouble).toList());
    }

    private Round round(Service service, int prompts) throws Exception {
        double idle = prompts(service, prompts, List.of());
        List<Completion> running = new ArrayList<>();
        try {
            for (int i = 0; i < streams; i++) {
                running.add(Completion.start(
                        service, "Guest %d of round %d tells a long story:".formatted(i, ++sent), tokens));
            }
            while (running.stream().anyMatch(stream -> stream.chunks() < BEGUN)) {
                Service.pause(Duration.ofMillis(20));
                running.forEach(Completion::expectRunning);
            }
            long begin = System.nanoTime();
            Service.pause(ALONE);
            long arrive = System.nanoTime();
            double first = prompts(service, prompts, running);
            long served = System.nanoTime();
            Service.pause(ALONE);
            long end = System.nanoTime();
            running.forEach(Completion::expectRunning);
            List<Double> alone = new ArrayList<>();
            List<Double> beside = new ArrayList<>();
            for (Completion stream : running) {
                stream.gaps(begin, arrive, alone);
                stream.gaps(served, end, alone);
                stream.gaps(arrive, served, beside);
            }
            return new Round(Percentiles.of(alone), Percentiles.of(beside), first, idle);
        } finally {
            running.forEach(Completion::close);
            // until the service has noticed it
            Service.pause(Duration.ofSeconds(2));
        }
    }

    /** Sends prompts at once, waits for the first token of each, and returns the median time to it in milliseconds. */
    private double prompts(Service service, int number, List<Completion> running) throws Exception {
        List<Completion> prompts = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            // no two prompts begin alike, so no cache helps; "many words" are two tokens
            prompts.add(
                    Completion.start(service, "%d. ".formatted(++sent) + "many words ".repeat((tokens - 20) / 2), 1));
        }
        List<Double> millis = new ArrayList<>();
        for (Completion prompt : prompts) {
            int counted = prompt.promptTokens();
            if (Math.abs(counted - tokens) > tokens / 50) {
                throw new IOException("expected a prompt of " + tokens + " tokens, saw " + counted);
            }
            millis.add(prompt.millisToFirstText());
        }
        running.forEach(Completion::expectRunning);
        return Figures.median(millis);
    }
}
