package io.quern.faults;

import io.quern.bench.Machine;
import io.quern.bench.Service;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Clients disconnect in the middle of a stream, half of them with a reset. Their slots become free, and other clients'
 * streams are unharmed.
 */
final class VanishingClients implements Fault {
    private static final int AT_ONCE = 50;
    private static final int OTHERS = 4;
    private static final int OTHERS_TOKENS = 300;
    private static final double GROWTH_MEBIBYTES = 96;

    private final Random random = new Random();

    @Override
    public String name() {
        return "vanishing-clients";
    }

    @Override
    public boolean sameWithAll() {
        return true;
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        int vanishing = testBed.times(500, 50);
        Outcome outcome = new Outcome(vanishing);
        List<StreamRequest> requests = StreamRequest.several(OTHERS, OTHERS_TOKENS, 0);
        try (Engine engine = testBed.start(2, Map.of("JAVA_TOOL_OPTIONS", TestBed.HEAP));
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<StreamedAnswer> undisturbed = Engine.awaitAnswers(engine.submit("undisturbed", requests));
            double before = Machine.residentMebibytes(engine.engineProcess());
            int compared = 0;
            for (int vanished = 0; vanished < vanishing; vanished += AT_ONCE) {
                List<Future<StreamedAnswer>> others = engine.submit("others-" + vanished, requests);
                List<Future<?>> wave = new ArrayList<>();
                for (int i = 0; i < AT_ONCE; i++) {
                    boolean reset = i % 2 == 0;
                    wave.add(clients.submit(() -> vanish(engine.service(), reset)));
                }
                for (Future<?> one : wave) {
                    one.get(2 * Engine.TIMEOUT.toSeconds(), TimeUnit.SECONDS);
                }
                outcome.compare(Engine.awaitAnswers(others), undisturbed);
                compared += OTHERS;
            }
            double free = engine.awaitNoSlotBusy();
            outcome.memory("engine", before, Machine.residentMebibytes(engine.engineProcess()), GROWTH_MEBIBYTES);
            outcome.figure(
                    "all slots free %.0f ms after the last client; %d streams of other clients compared",
                    free, compared);
        }
        return outcome;
    }

    /** Sends a request, reads a little of the answer and disconnects. */
    private Void vanish(Service service, boolean reset) throws IOException {
        try (Socket socket = RawClient.sendRequest(service)) {
            socket.setSoTimeout((int) Engine.TIMEOUT.toMillis());
            socket.getInputStream().readNBytes(random.nextInt(1, 2000));
            Service.pause(Duration.ofMillis(random.nextInt(20)));
            if (reset) {
                socket.setSoLinger(true, 0);
            }
        }
        return null;
    }
}
