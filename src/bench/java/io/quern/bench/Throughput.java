package io.quern.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Measures tokens per second and time to first token of whole services with more and more streams. Quern has its
 * default settings and runs for the first time; llama-server has a slot for each stream, and each row shows its best
 * number of threads.
 */
final class Throughput {
    private static final int CONTEXT = 512;
    private static final Pattern TOPOLOGY = Pattern.compile("topology: (.+)");

    private static final Pattern PACKING = Pattern.compile("About \\d+ streams now run .+");

    /** Rows with more streams than these take fewer tokens for each. */
    private static final int FEW_STREAMS = 8;

    /** Tokens that Quern generates before the first row. */
    private static final int WARM_UP = 1000;

    /** How long each server runs the load of a row before it is measured. */
    private static final Duration ROW_WARM_UP = Duration.ofSeconds(10);

    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Path quern;
    private final Path homes;
    private final List<Service.LlamaServer> llamaServers;
    private final Optional<Vllm> vllm;
    private final List<Integer> streams;
    private final int rounds;
    private final Sampling sampling;

    /**
     * @param quern the command
     * @param homes a folder for the homes of engines
     * @param llamaServers the same server with several numbers of threads, or an empty list
     * @param streams the rows of a table
     */
    Throughput(
            Path quern,
            Path homes,
            List<Service.LlamaServer> llamaServers,
            Optional<Vllm> vllm,
            List<Integer> streams,
            int rounds,
            Sampling sampling) {
        this.quern = quern;
        this.homes = homes;
        this.llamaServers = llamaServers;
        this.vllm = vllm;
        this.streams = streams;
        this.rounds = rounds;
        this.sampling = sampling;
    }

    private record Measured(double tokensPerSecond, double timeToFirstTokenMillis) {}

    /** A service and its figures, one for each round. */
    private record Contestant(Service.Kind kind, Service service, List<Measured> measured) {
        Contestant(Service.Kind kind, Service service) {
            this(kind, service, new ArrayList<>());
        }

        double speed() {
            return median(Measured::tokensPerSecond);
        }

        double firstToken() {
            return median(Measured::timeToFirstTokenMillis);
        }

        private double median(ToDoubleFunction<Measured> figure) {
            return Figures.median(measured.stream().map(figure::applyAsDouble).toList());
        }

        /** Returns the median of the ratios of each round, so that a busy moment in one round has little effect. */
        double ratioTo(Contestant other) {
            List<Double> ratios = new ArrayList<>();
            for (int round = 0; round < measured.size(); round++) {
                ratios.add(measured.get(round).tokensPerSecond()
                        / other.measured.get(round).tokensPerSecond());
            }
            return Figures.median(ratios);
        }
    }

    /** Returns the table of a model. Quern starts once for it; llama-server starts for each row with as many slots. */
    String table(String name, Path model) {
        StringBuilder table = new StringBuilder("#### %s\n\n".formatted(name)).append(header());
        DefaultEngine engine = new DefaultEngine(quern, homes.resolve(name.replaceAll("\\W+", "-")));
        int most = streams.stream().max(Comparator.naturalOrder()).orElseThrow();
        try (Service service = Service.start(engine, model, 0, 0);
                Service other = vllm.map(kind -> Service.start(kind, model, most, CONTEXT))
                        .orElse(null)) {
            Quiet.await(service);
            // a JVM's code is slow until it has been compiled, which the first rows would show
            Load.run(service, 1, WARM_UP, question(1, -999), sampling);
            for (int number : streams) {
                String row = row(model, number, new Contestant(engine, service), other);
                System.out.print(name + " " + row);
                table.append(row);
            }
            packing(service).forEach(line -> System.out.println("  " + line));
            return table.append("\nMedians of %d; Quern chose %s.\n\n".formatted(rounds, topology(service)))
                    .toString();
        }
    }

    private String header() {
        List<String> names = new ArrayList<>(List.of("streams", "Quern, tokens/s"));
        List<String> firstTokens = new ArrayList<>(List.of("first token: Quern, ms"));
        if (!llamaServers.isEmpty()) {
            names.addAll(List.of("llama-server, tokens/s", "its threads"));
            firstTokens.add("first token: llama-server, ms");
        }
        if (vllm.isPresent()) {
            names.add("vLLM in bf16, tokens/s");
            firstTokens.add("first token: vLLM, ms");
        }
        if (names.size() > 2) {
            names.add("ratio");
        }
        names.addAll(firstTokens);
        return line(names) + "|" + "---|".repeat(names.size()) + "\n";
    }

    private static String line(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |\n";
    }

    /**
     * Measures all services in turns, each while the others are idle. So a busy spell of the machine affects all.
     *
     * @param other vLLM, or null
     */
    private String row(Path model, int number, Contestant quern, Service other) {
        List<Contestant> llamas = new ArrayList<>();
        try {
            llamaServers.forEach(kind -> llamas.add(new Contestant(kind, Service.start(kind, model, number, CONTEXT))));
            List<Contestant> all = new ArrayList<>(List.of(quern));
            all.addAll(llamas);
            Optional<Contestant> bf16 = vllm.map(kind -> new Contestant(kind, other));
            bf16.ifPresent(all::add);
            all.forEach(one -> warmUp(one.service(), number));
            for (int round = 0; round < rounds; round++) {
                for (Contestant one : all) {
                    one.measured().add(measure(one, number, round));
                }
            }
            Optional<Contestant> llama = llamas.stream().max(Comparator.comparingDouble(Contestant::speed));
            return line(cells(number, quern, llama, bf16));
        } finally {
            llamas.forEach(one -> one.service().close());
        }
    }

    /** No server is measured with the first loads of their kind. */
    private void warmUp(Service service, int streams) {
        long begin = System.nanoTime();
        int load = 0;
        do {
            Load.run(service, streams, tokens(streams), question(streams, --load), sampling);
        } while (System.nanoTime() - begin < ROW_WARM_UP.toNanos());
    }

    private Measured measure(Contestant one, int streams, int round) {
        // Quern looks which cores were idle lately before it uses them, so the load of the server before must have
        // ended
        Service.pause(PAUSE);
        List<Answer> answers = Load.run(one.service(), streams, tokens(streams), question(streams, round), sampling);
        Measured measured = new Measured(Load.tokensPerSecond(answers), Load.medianTimeToFirstTokenMillis(answers));
        System.out.printf(
                "  %s, %d streams, round %d: %.0f tokens/s, first token after %.0f ms%n",
                one.kind() instanceof Service.LlamaServer llama
                        ? llama.title() + " with threads=" + llama.threads()
                        : one.kind().title(),
                streams,
                round,
                measured.tokensPerSecond(),
                measured.timeToFirstTokenMillis());
        return measured;
    }

    private static int tokens(int streams) {
        return streams <= FEW_STREAMS ? 128 : 64;
    }

    /** Returns a number that no other load of this service has, so that no question comes again and no cache helps. */
    private static int question(int streams, int round) {
        return streams * 1000 + round;
    }

    private static List<String> cells(
            int number, Contestant quern, Optional<Contestant> llama, Optional<Contestant> bf16) {
        List<String> cells = new ArrayList<>(List.of(Integer.toString(number), whole(quern.speed())));
        List<String> firstTokens = new ArrayList<>(List.of(whole(quern.firstToken())));
        List<Contestant> peers = new ArrayList<>();
        llama.ifPresent(one -> {
            peers.add(one);
            cells.add(whole(one.speed()));
            cells.add(Integer.toString(((Service.LlamaServer) one.kind()).threads()));
            firstTokens.add(whole(one.firstToken()));
        });
        bf16.ifPresent(one -> {
            peers.add(one);
            cells.add(whole(one.speed()));
            firstTokens.add(whole(one.firstToken()));
        });
        peers.stream()
                .max(Comparator.comparingDouble(Contestant::speed))
                .ifPresent(better -> cells.add(String.format(Locale.ROOT, "%.2f", quern.ratioTo(better))));
        cells.addAll(firstTokens);
        return cells;
    }

    private static String whole(double figure) {
        return Long.toString(Math.round(figure));
    }

    private static String topology(Service quern) {
        Matcher line = TOPOLOGY.matcher(log(quern));
        if (!line.find()) {
            throw new IllegalStateException("the engine has not logged its topology: " + quern.logEnd());
        }
        return line.group(1).strip();
    }

    /** Returns what Quern has found out about the number of workers for some streams. */
    private static List<String> packing(Service quern) {
        return PACKING.matcher(log(quern)).results().map(MatchResult::group).toList();
    }

    private static String log(Service quern) {
        try {
            return Files.readString(quern.log());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
