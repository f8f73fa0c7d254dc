package io.quern.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Measures Quern and llama-server and writes the tables into a page. Arguments: {@code --jar=}, {@code --home=} (an
 * empty folder for Quern), {@code --llama-server=}, {@code --model=NAME:FILE} (one or more), {@code --page=}, {@code
 * --rounds=}, {@code --starts=}.
 */
final class Bench {
    private Bench() {}

    public static void main(String[] args) throws IOException {
        Map<String, Path> models = new LinkedHashMap<>();
        Map<String, String> options = new LinkedHashMap<>();
        for (String argument : args) {
            String[] parts = argument.split("=", 2);
            if (parts[0].equals("--model")) {
                String[] model = parts[1].split(":", 2);
                models.put(model[0], Path.of(model[1]));
            } else {
                options.put(parts[0], parts[1]);
            }
        }
        Service.Kind quern = new Service.Quern(Path.of(options.get("--jar")), Path.of(options.get("--home")));
        Service.Kind peer = new Service.LlamaServer(Path.of(options.get("--llama-server")), Machine.threads());
        int rounds = Integer.parseInt(options.getOrDefault("--rounds", "3"));

        StringBuilder tables = new StringBuilder();
        tables.append(Machine.measured(Machine.threads()));
        Start.warm(quern);
        for (Map.Entry<String, Path> model : models.entrySet()) {
            tables.append(Throughput.table(quern, peer, model.getKey(), model.getValue(), rounds));
        }
        tables.append(EngineCost.table(quern));
        tables.append(Start.table(
                quern,
                peer,
                models.entrySet().iterator().next(),
                Integer.parseInt(options.getOrDefault("--starts", "7"))));
        System.out.println("\n" + tables);
        new Page(Path.of(options.get("--page"))).write("bench", tables.toString());
    }
}
