package io.quern.faults;

import io.quern.bench.Machine;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;

/** Clients that ask and never read: each is ended as a slow reader, what is held for it is bounded, and others are unharmed. */
final class SilentClients implements Fault {
    private static final int OTHERS = 4;

    /** So short that a stream's buffer takes the whole text: on a busy machine a client that reads may be slower than the workers. */
    private static final int OTHERS_TOKENS = 150;

    private static final double GROWTH_MEBIBYTES = 128;

    /** Stands in every chunk: without it the kernel's buffer for a connection, 4 MB, holds more than the longest answer. */
    private static final String NAME = "a-model-with-a-long-name-".repeat(200);

    @Override
    public String name() {
        return "silent-clients";
    }

    @Override
    public Outcome run(Stage stage) throws Exception {
        int silent = stage.times(100, 10);
        Outcome outcome = new Outcome(silent);
        List<StreamRequest> stories = StreamRequest.several(OTHERS, OTHERS_TOKENS, 0);
        Map<String, String> settings = Map.of(
                "QUERN_MODEL_NAME", NAME, "QUERN_ADMISSION_STREAM_BUFFER", "1024", "JAVA_TOOL_OPTIONS", Stage.HEAP);
        List<Socket> clients = new ArrayList<>();
        try (Engine engine = stage.start(2, settings)) {
            List<StreamedAnswer> undisturbed = Engine.ends(engine.begin("undisturbed", stories));
            double before = Machine.residentMebibytes(engine.itself());
            for (int i = 0; i < silent; i++) {
                clients.add(RawClient.ask(engine.service()));
            }
            List<Future<StreamedAnswer>> others = engine.begin("others", stories);
            outcome.compare(Engine.ends(others), undisturbed);
            double free = engine.awaitNoSlotBusy();
            outcome.memory("engine", before, Machine.residentMebibytes(engine.itself()), GROWTH_MEBIBYTES);
            int slow = slowReaders(engine);
            outcome.expect(slow == silent, "expected %d ended as slow readers, saw %d", silent, slow);
            outcome.figure(
                    "%d ended as slow readers; all slots free %.0f ms after the other streams ended; %d streams of other clients compared",
                    slow, free, OTHERS);
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
        return outcome;
    }

    private static int slowReaders(Engine engine) throws IOException {
        try (var in = engine.get("/q/metrics").getInputStream()) {
            return new String(in.readAllBytes())
                    .lines()
                    .filter(line -> line.startsWith("quern_request_failures_total") && line.contains("slow_reader"))
                    .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        }
    }
}
