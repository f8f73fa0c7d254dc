package io.quern.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Measures Quern and other servers, and writes the tables into a page. Arguments: {@code --jar=}, {@code --quern=} (the
 * command), {@code --home=} (an empty folder for Quern), {@code --model=NAME:FILE} (one or more), {@code
 * --llama-server=}, {@code --vllm=} and {@code --vllm-model=}, {@code --streams=}, {@code --rounds=}, {@code --starts=},
 * {@code --only=}, {@code --page=}. An empty value counts as if it was not given.
 */
final class Bench {
    /** OpenAI's default, and what many clients ask for. */
    private static final List<Sampling> SAMPLINGS = List.of(new Sampling(1, 1), new Sampling(0.7, 0.9));

    private final Map<String, Path> models = new LinkedHashMap<>();
    private final Map<String, String> options = new LinkedHashMap<>();

    private Bench(String[] args) {
        for (String argument : args) {
            String[] parts = argument.split("=", 2);
            if (parts.length < 2) {
                throw new IllegalArgumentException("expected --NAME=VALUE, saw " + argument);
            }
            if (parts[0].equals("--model")) {
                String[] model = parts[1].split(":", 2);
                models.put(model[0], Path.of(model[1]));
            } else {
                options.put(parts[0], parts[1]);
            }
        }
    }

    public static void main(String[] args) throws IOException {
        Bench bench = new Bench(args);
        String only = bench.option("--only").orElse("throughput,sampling,engine");
        for (String part : only.split(",")) {
            switch (part) {
                case "throughput" -> bench.write(part, bench.tables("1,4,8,16,64", List.of(Sampling.GREEDY)));
                case "sampling" -> bench.write(part, bench.tables("1,16", SAMPLINGS));
                case "engine" -> bench.write(part, bench.engine());
                default ->
                    throw new IllegalArgumentException("--only=" + only + ": expected throughput, sampling or engine");
            }
        }
    }

    private String tables(String streams, List<Sampling> samplings) {
        StringBuilder tables = new StringBuilder(Machine.measured(""));
        for (Sampling sampling : samplings) {
            Throughput throughput = throughput(streams, sampling);
            models.forEach((name, file) -> tables.append(throughput.table(sampling.title(name), file)));
        }
        return tables.toString();
    }

    private Throughput throughput(String streams, Sampling sampling) {
        Optional<Vllm> vllm = option("--vllm")
                .map(environment -> new Vllm(
                        Path.of(environment),
                        Path.of(option("--vllm-model")
                                .orElseThrow(() -> new IllegalArgumentException(
                                        "--vllm needs --vllm-model=DIR, the model in Hugging Face's format")))));
        return new Throughput(
                path("--quern"),
                path("--home"),
                option("--llama-server").map(Path::of).map(Bench::llamaServers).orElse(List.of()),
                vllm,
                Arrays.stream(option("--streams").orElse(streams).split(","))
                        .map(Integer::valueOf)
                        .toList(),
                number("--rounds", 3),
                sampling);
    }

    /** Returns the server with each number of threads that may be its best one: powers of two, and all cores. */
    private static List<Service.LlamaServer> llamaServers(Path executable) {
        int cores = Runtime.getRuntime().availableProcessors();
        return IntStream.concat(
                        IntStream.iterate(1, threads -> threads < cores, threads -> threads * 2), IntStream.of(cores))
                .mapToObj(threads -> new Service.LlamaServer(executable, threads))
                .toList();
    }

    private String engine() {
        Service.Kind quern = new Service.Quern(path("--jar"), path("--home").resolve("engine"));
        Optional<Service.Kind> peer = option("--llama-server")
                .map(executable -> new Service.LlamaServer(Path.of(executable), Machine.threads()));
        Start.warm(quern);
        return Machine.measured(Machine.threads())
                + EngineCost.table(quern)
                + Start.table(quern, peer, models.entrySet().iterator().next(), number("--starts", 7));
    }

    /** Prints the tables, and writes them between the marks for processors of this kind. */
    private void write(String part, String tables) throws IOException {
        System.out.println("\n" + tables);
        if (option("--page").isPresent()) {
            Page page = new Page(path("--page"));
            page.write(part + "-" + Machine.kind(), tables);
            Charts.draw(page);
        }
    }

    private Optional<String> option(String name) {
        return Optional.ofNullable(options.get(name)).filter(value -> !value.isEmpty());
    }

    private Path path(String name) {
        return Path.of(option(name).orElseThrow(() -> new IllegalArgumentException(name + " is missing")));
    }

    private int number(String name, int otherwise) {
        return option(name).map(Integer::parseInt).orElse(otherwise);
    }
}
