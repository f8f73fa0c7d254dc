package io.quern.faults;

import io.quern.bench.Machine;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;

/**
 * Clients send requests and never read the answers. The engine ends each as a slow reader, bounds the memory it holds
 * for them, and serves other clients normally.
 */
final class SilentClients implements Fault {
    private static final int OTHERS = 4;

    /**
     * Short enough for the buffer of a stream to hold the whole text: on a busy machine even a client that reads may be
     * slower than the workers.
     */
    private static final int OTHERS_TOKENS = 150;

    private static final double GROWTH_MEBIBYTES = 128;

    /**
     * Appears in every chunk. With a short name, the 4 MB that the kernel buffers for a connection would hold a whole
     * answer.
     */
    private static final String NAME = "a-model-with-a-long-name-".repeat(200);

    @Override
    public String name() {
        return "silent-clients";
    }

    @Override
    public boolean sameWithAll() {
        return true;
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        int silent = testBed.times(100, 10);
        Outcome outcome = new Outcome(silent);
        List<StreamRequest> requests = StreamRequest.several(OTHERS, OTHERS_TOKENS, 0);
        Map<String, String> settings = Map.of(
                "QUERN_MODEL_NAME", NAME, "QUERN_ADMISSION_STREAM_BUFFER", "1024", "JAVA_TOOL_OPTIONS", TestBed.HEAP);
        List<Socket> clients = new ArrayList<>();
        try (Engine engine = testBed.start(2, settings)) {
            List<StreamedAnswer> undisturbed = Engine.awaitAnswers(engine.submit("undisturbed", requests));
            double before = Machine.residentMebibytes(engine.engineProcess());
            for (int i = 0; i < silent; i++) {
                clients.add(RawClient.sendRequest(engine.service()));
            }
            List<Future<StreamedAnswer>> others = engine.submit("others", requests);
            outcome.compare(Engine.awaitAnswers(others), undisturbed);
            double free = engine.awaitNoSlotBusy();
            outcome.memory("engine", before, Machine.residentMebibytes(engine.engineProcess()), GROWTH_MEBIBYTES);
            int slow = slowReaders(engine);
            outcome.expect(slow == silent, "expected %d ended as slow readers, saw %d", silent, slow);
            outcome.figure(
                    "%d ended as slow readers; all slots free %.0f ms after the other streams ended;"
                            + " %d streams of other clients compared",
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
