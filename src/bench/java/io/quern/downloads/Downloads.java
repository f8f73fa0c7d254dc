package io.quern.downloads;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Kills downloads at random points and resumes them; see src/bench/downloads. */
public final class Downloads {
    private static final String MODEL = "bench/big-GGUF/big-Q8_0.gguf";
    private static final double ALLOWED = 1.05;

    /**
     * Bytes per second of each of the four connections, 1 Gbit/s together. Without a limit, the kernel buffers several
     * MB for each connection that the client has not read yet, as no network does.
     */
    private static final String RATE = "30000000";

    private static final long LONGEST_ROUND_SECONDS = 600;

    private final List<String> args;
    private final int kills;
    private final long bytes;
    private final Path home;
    private final Random random;
    private final HttpClient http = HttpClient.newHttpClient();

    private Downloads(List<String> args) {
        this.args = args;
        this.kills = Integer.parseInt(option("kills", "10"));
        this.bytes = Long.parseLong(option("bytes", "1000000000"));
        this.home = Path.of(option("home", ""));
        this.random = new Random(Long.parseLong(option("seed", "1")));
    }

    public static void main(String[] args) throws Exception {
        System.exit(new Downloads(Arrays.asList(args)).run() ? 0 : 1);
    }

    private String option(String name, String otherwise) {
        String start = "--" + name + "=";
        return args.stream()
                .filter(argument -> argument.startsWith(start))
                .findFirst()
                .map(argument -> argument.substring(start.length()))
                .orElse(otherwise);
    }

    private boolean run() throws Exception {
        Process hub = new ProcessBuilder(
                        option("hub", ""), "--rate=" + option("rate", RATE), "--generated=" + MODEL + ":" + bytes)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = hub.inputReader()) {
            String endpoint = out.lines()
                    .filter(line -> line.startsWith("HF_ENDPOINT="))
                    .findFirst()
                    .orElseThrow()
                    .substring("HF_ENDPOINT=".length());
            String sha256 = generatedChecksum(endpoint);
            System.out.println("| round | killed at (% of the file) | bytes sent / size | checksum |");
            System.out.println("|---|---|---|---|");
            boolean good = true;
            for (int round = 1; round <= Integer.parseInt(option("rounds", "3")); round++) {
                good &= round(round, endpoint, sha256);
            }
            return good;
        } finally {
            hub.descendants().forEach(ProcessHandle::destroyForcibly);
            hub.destroyForcibly();
        }
    }

    private boolean round(int number, String endpoint, String sha256) throws Exception {
        Path store = home.resolve("home");
        delete(store);
        long before = sent(endpoint);
        double[] points = random.doubles(kills, 0.01, 0.99).sorted().toArray();
        StringBuilder killed = new StringBuilder();
        for (double point : points) {
            long at = killAt(point, endpoint, store, before);
            killed.append(killed.isEmpty() ? "" : ", ").append("%.0f".formatted(100.0 * at / bytes));
        }
        Process last = pull(endpoint, store);
        boolean ended = last.waitFor(LONGEST_ROUND_SECONDS, TimeUnit.SECONDS) && last.exitValue() == 0;
        last.destroyForcibly();
        double ratio = (double) (sent(endpoint) - before) / bytes;
        boolean right = ended && sha256.equals(checksumBelow(store));
        System.out.printf("| %d | %s | %.4f | %s |%n", number, killed, ratio, right ? "right" : "WRONG");
        delete(store);
        return right && ratio <= ALLOWED;
    }

    /** Kills a download once the hub has sent so much of the file in this round. */
    private long killAt(double point, String endpoint, Path store, long before) throws Exception {
        Process process = pull(endpoint, store);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_ROUND_SECONDS);
        while (sent(endpoint) - before < point * bytes) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new IllegalStateException("the download ended before it was killed; see " + log());
            }
            Thread.sleep(2);
        }
        for (ProcessHandle child : process.descendants().toList()) {
            child.destroyForcibly();
        }
        process.destroyForcibly().waitFor();
        return sent(endpoint) - before;
    }

    private Process pull(String endpoint, Path store) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(option("quern", ""), "pull", "hf:" + MODEL);
        builder.environment().put("HF_ENDPOINT", endpoint);
        builder.environment().put("HF_HOME", home.resolve("huggingface").toString());
        builder.environment().put("QUERN_HOME", store.toString());
        return builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
    }

    private Path log() {
        return Path.of("target/downloads.log");
    }

    private long sent(String endpoint) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(endpoint + "/stats")).build();
        String text = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        return Long.parseLong(text.replaceAll("\\D", ""));
    }

    private String generatedChecksum(String endpoint) throws IOException, InterruptedException {
        URI uri = URI.create(endpoint + "/" + MODEL.replaceFirst("(/[^/]*)$", "/resolve/main$1"));
        HttpRequest head = HttpRequest.newBuilder(uri).HEAD().build();
        return http.send(head, HttpResponse.BodyHandlers.discarding())
                .headers()
                .firstValue("X-Linked-Etag")
                .orElseThrow()
                .replace("\"", "");
    }

    private static String checksumBelow(Path folder) throws IOException, NoSuchAlgorithmException {
        try (Stream<Path> files = Files.walk(folder)) {
            Path file = files.filter(one -> one.toString().endsWith(".gguf"))
                    .findFirst()
                    .orElseThrow();
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 20];
            try (InputStream in = Files.newInputStream(file)) {
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    digest.update(buffer, 0, read);
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
