package io.quern.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Measures everything and writes the tables into a page, between its two marks. Arguments: {@code --jar=}, {@code --home=} (an
 * empty folder for Quern), {@code --llama-server=}, {@code --model=NAME:FILE} (one or more), {@code --page=}, {@code --rounds=}.
 */
final class Bench {
    private static final String BEGIN = "<!-- bench: begin -->";
    private static final String END = "<!-- bench: end -->";

    private Bench() {}

    public static void main(String[] args) throws IOException {
        Map<String, Path> models = new LinkedHashMap<>();
        Map<String, String> given = new LinkedHashMap<>();
        for (String argument : args) {
            String[] parts = argument.split("=", 2);
            if (parts[0].equals("--model")) {
                String[] model = parts[1].split(":", 2);
                models.put(model[0], Path.of(model[1]));
            } else {
                given.put(parts[0], parts[1]);
            }
        }
        Service.Kind quern = new Service.Quern(Path.of(given.get("--jar")), Path.of(given.get("--home")));
        Service.Kind peer = new Service.LlamaServer(Path.of(given.get("--llama-server")));
        int rounds = Integer.parseInt(given.getOrDefault("--rounds", "3"));

        StringBuilder tables = new StringBuilder();
        tables.append(
                "Measured on %s, on %s: %d inference thread%s; %s processes wanted a core in the minute before.\n\n"
                        .formatted(
                                LocalDate.now(ZoneOffset.UTC),
                                Machine.description(),
                                Machine.threads(),
                                Machine.threads() == 1 ? "" : "s",
                                Machine.load()));
        Start.warm(quern);
        for (Map.Entry<String, Path> model : models.entrySet()) {
            tables.append(Throughput.table(quern, peer, model.getKey(), model.getValue(), rounds));
        }
        tables.append(EngineCost.table(quern));
        tables.append(Start.table(
                quern,
                peer,
                models.entrySet().iterator().next(),
                Integer.parseInt(given.getOrDefault("--starts", "7"))));
        System.out.println("\n" + tables);
        write(Path.of(given.get("--page")), tables.toString());
    }

    private static void write(Path page, String tables) throws IOException {
        String text = Files.readString(page);
        int begin = text.indexOf(BEGIN) + BEGIN.length();
        Files.writeString(page, text.substring(0, begin) + "\n\n" + tables + text.substring(text.indexOf(END)));
    }
}
