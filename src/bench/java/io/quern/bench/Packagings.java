package io.quern.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the start of each packaging, in turns, and writes the table into a page. Arguments: {@code --home=} (an
 * empty folder), {@code --page=}, {@code --packaging=NAME;IMAGE-BYTES;WRAPPER COMMAND...} (any number), {@code
 * --samples=}.
 */
final class Packagings {
    private static final Duration POLL = Duration.ofMillis(1);
    private static final Duration BOOT = Duration.ofSeconds(60);
    private static final Duration WRAPPER = Duration.ofSeconds(60);

    /** One way to package and start the engine. */
    private record Packaging(String title, double megabytes, List<String> line, Path home) implements Service.Kind {
        @Override
        public ProcessBuilder command(Path model, int slots, int context, int port) {
            ProcessBuilder builder = new ProcessBuilder(line);
            Map<String, String> environment = builder.environment();
            environment.keySet().removeIf(name -> name.startsWith("QUERN_") || name.startsWith("QUARKUS_"));
            environment.put("QUERN_CALIBRATION_ENABLED", "false");
            environment.putAll(Map.of(
                    "QUERN_HOME",
                    home.toString(),
                    "QUERN_PREPARED",
                    "/opt/quern/prepared",
                    "QUARKUS_HTTP_HOST",
                    "127.0.0.1",
                    "QUARKUS_MANAGEMENT_HOST",
                    "127.0.0.1",
                    "QUARKUS_MANAGEMENT_PORT",
                    "0",
                    "QUARKUS_HTTP_PORT",
                    Integer.toString(port)));
            return builder;
        }

        /** Returns the milliseconds that the wrapper takes before it starts the engine. */
        double wrapperMillis() throws IOException, InterruptedException {
            long started = System.nanoTime();
            if (!new ProcessBuilder(line.getFirst(), "true").start().waitFor(WRAPPER)) {
                throw new IOException(line.getFirst() + " has not run true within " + WRAPPER);
            }
            return (System.nanoTime() - started) / 1e6;
        }
    }

    private static final class Samples {
        private final List<Double> live = new ArrayList<>();
        private final List<Double> firstToken = new ArrayList<>();
        private final List<Double> resident = new ArrayList<>();
    }

    private Packagings() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Map<String, String> options = new HashMap<>();
        List<String[]> packagingArguments = new ArrayList<>();
        for (String argument : args) {
            String[] parts = argument.split("=", 2);
            if (parts[0].equals("--packaging")) {
                packagingArguments.add(parts[1].split(";", 3));
            } else {
                options.put(parts[0], parts[1]);
            }
        }
        Path home = Path.of(options.get("--home"));
        List<Packaging> packagings = packagingArguments.stream()
                .map(one -> new Packaging(one[0], Long.parseLong(one[1]) / 1e6, List.of(one[2].split(" ")), home))
                .toList();
        int samples = Integer.parseInt(options.getOrDefault("--samples", "10"));
        String begin = Machine.measured(1);
        Map<Packaging, Samples> measured = new LinkedHashMap<>();
        List<Double> wrapper = new ArrayList<>();
        packagings.forEach(packaging -> measured.put(packaging, new Samples()));
        for (int round = -1; round < samples; round++) {
            for (Packaging packaging : packagings) {
                wrapper.add(packaging.wrapperMillis());
                // The first round fills the page cache.
                sample(packaging, round < 0 ? new Samples() : measured.get(packaging));
            }
        }
        StringBuilder table = new StringBuilder(begin).append("""
                ### Start of each packaging (medians of %d, taken in turns; demo model, forkserver)

                | packaging | first 200 of /q/health/live, ms | first token, ms | engine's resident memory afterwards, MiB | image, MB |
                |---|---|---|---|---|
                """.formatted(samples));
        measured.forEach((packaging, one) -> table.append("| %s | %.0f | %.0f | %.0f | %.0f |\n"
                .formatted(
                        packaging.title(),
                        Figures.median(one.live),
                        Figures.median(one.firstToken),
                        Figures.median(one.resident),
                        packaging.megabytes())));
        table.append("\nThe times include %.0f ms for a mount before the engine starts.\n\n"
                .formatted(Figures.median(wrapper)));
        System.out.println("\n" + table);
        Page page = new Page(Path.of(options.get("--page")));
        page.write("packagings", table.toString());
        Charts.draw(page);
    }

    private static void sample(Packaging packaging, Samples samples) throws IOException {
        long started = System.nanoTime();
        try (Service service = Service.launch(packaging, null, 4, 512)) {
            while (!live(service)) {
                if (!service.process().isAlive() || System.nanoTime() - started > BOOT.toNanos()) {
                    throw new IOException(packaging.title() + " does not start: " + service.logEnd());
                }
                Service.pause(POLL);
            }
            samples.live.add((System.nanoTime() - started) / 1e6);
            samples.firstToken.add(service.firstToken(POLL).toNanos() / 1e6);
            samples.resident.add(Machine.residentMebibytes(service.process().toHandle()));
            System.out.printf(
                    "%s: live %.0f ms, first token %.0f ms, %.0f MiB%n",
                    packaging.title(),
                    samples.live.getLast(),
                    samples.firstToken.getLast(),
                    samples.resident.getLast());
        }
    }

    private static boolean live(Service service) {
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    service.management("/q/health/live").toURL().openConnection();
            return connection.getResponseCode() == 200;
        } catch (IOException | UncheckedIOException notYet) {
            return false;
        }
    }
}
