package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.quern.engines.EngineRecord;
import io.quern.engines.EngineRecords;
import io.quern.engines.ManagementClient;
import io.quern.home.QuernHome;
import io.quern.process.ProcessIdentity;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SurveyTest {
    private static final String POOL = """
            {"state":"ready","reason":null,"running":1,"waiting":2,"workers":[
            {"id":0,"pid":%d,"state":"ready","standby":false,"slots":4,"busySlots":1,"generatedTokens":%d,"restarts":1},
            {"id":1,"pid":null,"state":"ready","standby":true,"slots":4,"busySlots":0,"generatedTokens":0,"restarts":0}]}
            """;

    private static final String SEVERAL = """
            {"state":"ready","running":0,"waiting":0,"workers":[],"models":[
            {"name":"small","state":"ready","workers":[{"id":0,"pid":%d,"state":"ready","slots":4,"busySlots":0}]},
            {"name":"large","state":"unloaded","detail":"idle","workers":[]}]}
            """;

    @TempDir
    Path home;

    private final AtomicLong tokens = new AtomicLong();
    private HttpServer engine;
    private URI management;

    @BeforeEach
    void serve() throws Exception {
        engine = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8);
        engine.createContext("/q/quern/pool", http -> {
            byte[] body =
                    POOL.formatted(ProcessHandle.current().pid(), tokens.get()).getBytes(StandardCharsets.UTF_8);
            http.sendResponseHeaders(200, body.length);
            http.getResponseBody().write(body);
            http.close();
        });
        engine.createContext("/several/quern/pool", http -> {
            byte[] body = SEVERAL.formatted(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8);
            http.sendResponseHeaders(200, body.length);
            http.getResponseBody().write(body);
            http.close();
        });
        engine.createContext("/closed/quern/pool", http -> {
            http.sendResponseHeaders(401, -1);
            http.close();
        });
        engine.start();
        management = URI.create("http://127.0.0.1:" + engine.getAddress().getPort());
    }

    @AfterEach
    void stop() {
        engine.stop(0);
    }

    private EngineRecord record(String root) {
        return new EngineRecord(
                ProcessIdentity.current(),
                Instant.now(),
                Optional.of(URI.create("http://127.0.0.1:1/v1")),
                Optional.of(URI.create(management + root)),
                List.of(new EngineRecord.Model("/models/small.gguf", "")),
                Optional.empty());
    }

    @Test
    void rateIsThatBetweenTwoLooks() throws Exception {
        EngineRecords records = new EngineRecords(QuernHome.locate(Optional.of(home)));
        try (var announced = records.announce(record("/q"));
                Survey survey = new Survey(
                        records, List.of(), new ManagementClient(Duration.ofSeconds(30), Optional.empty()))) {
            assertThat(survey.look().getFirst().workers().getFirst().tokensPerSecond())
                    .isNull();
            tokens.set(1000);
            EngineStatus status = survey.look().getFirst();
            assertThat(status.state()).isEqualTo("ready");
            assertThat(status.running()).isOne();
            assertThat(status.waiting()).isEqualTo(2);
            EngineStatus.Worker worker = status.workers().getFirst();
            assertThat(worker.tokensPerSecond()).isPositive();
            assertThat(worker.model()).isEqualTo("small");
            assertThat(worker.residentBytes()).isGreaterThan(1 << 20);
            assertThat(worker.proportionalBytes()).isPositive();
            assertThat(status.workers().get(1).state()).isEqualTo("standby");
            assertThat(status.workers().get(1).pid()).isNull();
            // no token since
            assertThat(survey.look().getFirst().workers().getFirst().tokensPerSecond())
                    .isZero();
        }
    }

    @Test
    void modelWithoutWorkersHasARow() throws Exception {
        EngineRecords records = new EngineRecords(QuernHome.locate(Optional.of(home)));
        try (Survey survey = new Survey(
                records,
                List.of(URI.create(management + "/several")),
                new ManagementClient(Duration.ofSeconds(30), Optional.empty()))) {
            List<EngineStatus.Worker> workers = survey.look().getFirst().workers();
            assertThat(workers).extracting(EngineStatus.Worker::model).containsExactly("small", "large");
            assertThat(workers).extracting(EngineStatus.Worker::state).containsExactly("ready", "unloaded");
            assertThat(workers.get(1).id()).isNull();
        }
    }

    @Test
    void engineThatWantsAKeyIsShownWithTheReason() throws Exception {
        EngineRecords records = new EngineRecords(QuernHome.locate(Optional.of(home)));
        try (var announced = records.announce(record("/closed"));
                Survey survey = new Survey(
                        records,
                        List.of(URI.create(management + "/q")),
                        new ManagementClient(Duration.ofSeconds(30), Optional.empty()))) {
            List<EngineStatus> engines = survey.look();
            assertThat(engines).hasSize(2);
            assertThat(engines.getFirst().problem()).contains("needs an operator key");
            assertThat(engines.getFirst().pid())
                    .isEqualTo(ProcessHandle.current().pid());
            assertThat(engines.get(1).state()).isEqualTo("ready");
        }
    }
}
