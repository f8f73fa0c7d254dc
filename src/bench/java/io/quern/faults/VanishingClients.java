package io.quern.faults;

import io.quern.bench.Machine;
import io.quern.bench.Service;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that vanish in mid-stream, by half with a reset, and clients that never read: their slots come free, and others are unharmed. */
final class VanishingClients implements Fault {
    private static final int AT_ONCE = 50;
    private static final int OTHERS = 4;
    private static final int OTHERS_TOKENS = 300;
    private static final int LONG = 1500;

    /** So that a stream of that length does not fit: what it takes in SSE is far more than the characters of its text. */
    private static final Map<String, String> SETTINGS =
            Map.of("QUERN_ADMISSION_STREAM_BUFFER", "2048", "JAVA_TOOL_OPTIONS", "-Xmx256m");

    private static final double GROWTH_MEBIBYTES = 192;

    private final Random random = new Random();

    @Override
    public String name() {
        return "vanishing-clients";
    }

    @Override
    public Outcome run(Stage stage) throws Exception {
        int vanishing = stage.times(500, 50);
        int silent = stage.times(100, 10);
        Outcome outcome = new Outcome(vanishing + silent);
        List<Story> stories = Story.several(OTHERS, OTHERS_TOKENS, 0);
        try (Engine engine = stage.start(2, SETTINGS);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Told> undisturbed = Engine.ends(engine.begin("undisturbed", stories));
            double before = Machine.residentMebibytes(engine.itself());
            int compared = 0;
            for (int gone = 0; gone < vanishing; gone += AT_ONCE) {
                List<Future<Told>> others = engine.begin("others-" + gone, stories);
                List<Future<?>> wave = new ArrayList<>();
                for (int i = 0; i < Math.min(AT_ONCE, vanishing - gone); i++) {
                    boolean reset = i % 2 == 0;
                    wave.add(clients.submit(() -> vanish(engine.service(), reset)));
                }
                for (Future<?> one : wave) {
                    one.get();
                }
                compared += compare(others, undisturbed, outcome);
            }
            awaitNoSlotBusy(engine, outcome, "those that vanished");

            List<Socket> mute = new ArrayList<>();
            List<Future<Told>> others = engine.begin("others-of-silent", stories);
            for (int i = 0; i < silent; i++) {
                mute.add(ask(engine.service(), new Socket()));
            }
            compared += compare(others, undisturbed, outcome);
            awaitNoSlotBusy(engine, outcome, "those that never read");
            double after = Machine.residentMebibytes(engine.itself());
            outcome.expect(
                    after <= before + GROWTH_MEBIBYTES,
                    "expected the engine's memory within %.0f MiB of %.0f, saw %.0f",
                    GROWTH_MEBIBYTES,
                    before,
                    after);
            for (Socket socket : mute) {
                socket.close();
            }
            outcome.figure("%d vanished, %d never read, %d streams of others compared", vanishing, silent, compared);
            outcome.figure("engine %.0f, then %.0f MiB", before, after);
            outcome.figure("%.0f ended as slow readers", slowReaders(engine));
        }
        return outcome;
    }

    private static int compare(List<Future<Told>> begun, List<Told> undisturbed, Outcome outcome) throws Exception {
        List<Told> all = Engine.ends(begun);
        for (int i = 0; i < all.size(); i++) {
            String difference = all.get(i).difference(undisturbed.get(i));
            outcome.expect(difference == null, "%s", difference);
        }
        return all.size();
    }

    private static void awaitNoSlotBusy(Engine engine, Outcome outcome, String who) {
        long begin = System.nanoTime();
        engine.await(
                "no slot is busy after " + who,
                () -> engine.pool().get("busySlots").asInt() == 0);
        outcome.figure("slots free %.0f ms after %s", Times.millisSince(begin), who);
    }

    private static double slowReaders(Engine engine) throws IOException {
        try (var in = engine.get("/q/metrics").getInputStream()) {
            return new String(in.readAllBytes())
                    .lines()
                    .filter(line -> line.startsWith("quern_request_failures_total") && line.contains("slow"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        }
    }

    /** Asks, reads a little and goes. */
    private Void vanish(Service service, boolean reset) throws IOException {
        try (Socket socket = ask(service, new Socket())) {
            socket.setSoTimeout((int) Engine.PATIENCE.toMillis());
            socket.getInputStream().readNBytes(random.nextInt(1, 2000));
            Service.pause(Duration.ofMillis(random.nextInt(20)));
            if (reset) {
                socket.setSoLinger(true, 0);
            }
        }
        return null;
    }

    private static Socket ask(Service service, Socket socket) throws IOException {
        URI uri = service.uri("/v1/chat/completions");
        byte[] body = new Story("Somebody asks: are you there?", LONG, 0, 0).body();
        // before it connects: it bounds the window that the engine may fill
        socket.setReceiveBufferSize(2048);
        socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), (int) Engine.PATIENCE.toMillis());
        socket.getOutputStream()
                .write("POST %s HTTP/1.1\r\nhost: %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                        .formatted(uri.getPath(), uri.getAuthority(), body.length)
                        .getBytes());
        socket.getOutputStream().write(body);
        return socket;
    }
}
