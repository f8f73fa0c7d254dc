package io.quern.attacks;

import io.quern.bench.Service;
import io.quern.bench.ShimmedLlama;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Native code of an attacker runs in a worker and tries to reach files, the network, programs and the engine's process.
 * Needs a C compiler.
 */
final class TakenOverWorker implements Attack {
    private static final Path SOURCE = Path.of("src/bench/c/takeover.c");
    private static final String TEXT = "open sesame";
    private static final Pattern RESULT = Pattern.compile("takeover: \\{(.*)}");
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final String method;

    /**
     * Creates the attack.
     *
     * @param method the start method of the workers
     */
    TakenOverWorker(String method) {
        this.method = method;
    }

    @Override
    public String name() {
        return "taken-over-worker-" + method;
    }

    @Override
    public String tries() {
        return "A model file runs its own code in a worker (" + method
                + "). The code should not reach files, sockets, programs or other processes.";
    }

    @Override
    public Finding run(Target target) throws Exception {
        if (Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .noneMatch(folder -> Files.isExecutable(Path.of(folder, "cc")))) {
            return new Finding.Skipped("no C compiler");
        }
        Path folder = target.newFolder("takeover");
        Path secret = Files.writeString(folder.resolve("secret"), "not for workers");
        try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(secret + ".sock"));
            Path libraries = ShimmedLlama.make(
                    folder.resolve("llama"),
                    SOURCE,
                    List.of(
                            "-DPOISON=\"" + TEXT + "\"",
                            "-DSECRET=\"" + secret + "\"",
                            "-DPORT=" + listener.getLocalPort()));
            try (Victim victim = target.start(Map.of(
                    "QUERN_LLAMA_LIBRARY",
                    libraries.toString(),
                    "QUERN_WORKER_START_METHOD",
                    method,
                    "QUARKUS_LOG_CATEGORY__IO_QUERN_POOL__LEVEL",
                    "DEBUG"))) {
                sendPrompt(victim.uri("/v1/completions"));
                List<String> done = done(victim);
                return Finding.of(done.isEmpty(), "it %s", done.isEmpty() ? "got nothing" : String.join(", ", done));
            }
        }
    }

    private static void sendPrompt(URI uri) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            client.send(
                    HttpRequest.newBuilder(uri)
                            .header("content-type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(
                                    "{\"model\":\"demo\",\"prompt\":\"" + TEXT + "\",\"max_tokens\":1}"))
                            .timeout(TIMEOUT)
                            .build(),
                    HttpResponse.BodyHandlers.discarding());
        }
    }

    private static List<String> done(Victim victim) throws IOException {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < TIMEOUT.toNanos()) {
            Matcher result = RESULT.matcher(victim.log());
            if (result.find()) {
                List<String> done = new ArrayList<>(List.of(result.group(1).split(", ")));
                done.remove("");
                return done;
            }
            Service.pause(Duration.ofMillis(50));
        }
        throw new IOException("the code in the worker reported nothing");
    }
}
