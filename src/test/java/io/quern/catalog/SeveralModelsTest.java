package io.quern.catalog;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.quern.StartsProcesses;
import io.quern.embed.QuernEngine;
import io.quern.pool.FaultInjector;
import io.quern.pool.FaultInjector.Misbehaviour;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests an engine with four models, of which two fit into memory: one is pinned, the others take turns. */
@QuarkusTest
@TestProfile(SeveralModelsTest.FourModels.class)
@StartsProcesses
class SeveralModelsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Inject
    ModelCatalog catalog;

    @Inject
    QuernEngine engine;

    /** Each of the small models needs about 100 MiB, and the engine up to 200 MiB. */
    public static class FourModels implements QuarkusTestProfile {
        /** Other tests serve one model by a resource that applies to all. */
        @Override
        public boolean disableGlobalTestResources() {
            return true;
        }

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.ofEntries(
                    Map.entry("quern.home", "target/test-home"),
                    Map.entry("quern.worker.slots", "2"),
                    Map.entry("quern.worker.context-length", "256"),
                    Map.entry("quern.worker.state-memory", "0"),
                    Map.entry("quern.worker.start-method", "forkserver"),
                    Map.entry("quern.catalog.memory-limit", SIZE),
                    Map.entry("quern.models.pinned.model", "demo"),
                    Map.entry("quern.models.pinned.pinned", "true"),
                    Map.entry("quern.models.red.model", "demo"),
                    Map.entry("quern.models.red.aliases", "rouge,rot"),
                    Map.entry("quern.models.\"blue-1.5\".model", "demo"),
                    Map.entry("quern.models.\"blue-1.5\".idle-timeout", "0"),
                    Map.entry("quern.models.huge.model", "demo"),
                    Map.entry("quern.models.huge.slots", "256"),
                    Map.entry("quern.models.huge.context-length", "100000"),
                    Map.entry("quarkus.http.test-port", "0"));
        }
    }

    static final String SIZE = "420M";

    @Test
    void pinnedModelServesRequestsWithoutAModel() {
        engine.whenReady().await().atMost(LIMIT);
        ask("{" + QUESTION + "}").statusCode(200).body("model", equalTo("pinned"));
        assertThat(model("pinned").state()).isInstanceOf(ModelState.Ready.class);
    }

    @Test
    void requestLoadsItsModelAndUnloadsTheOneUsedLeastRecently() {
        engine.whenReady().await().atMost(LIMIT);
        ask("{'model':'rouge'," + QUESTION + "}").statusCode(200).body("model", equalTo("red"));
        List<Long> pids = pids("red");
        assertThat(pids).isNotEmpty();
        ask("{'model':'blue-1.5'," + QUESTION + "}").statusCode(200).body("model", equalTo("blue-1.5"));
        assertThat(model("red").state()).isInstanceOf(ModelState.NotLoaded.class);
        assertThat(pids).noneMatch(pid -> ProcessHandle.of(pid).isPresent());
        ask("{'model':'red'," + QUESTION + "}").statusCode(200);
        assertThat(model("blue-1.5").state()).isInstanceOf(ModelState.NotLoaded.class);
        assertThat(model("pinned").state()).isInstanceOf(ModelState.Ready.class);
    }

    @Test
    void unloadedModelLeavesNothing() throws IOException {
        engine.whenReady().await().atMost(LIMIT);
        ask("{'model':'blue-1.5'," + QUESTION + "}").statusCode(200);
        long threads = threads();
        long folders = folders();
        for (String name : List.of("red", "blue-1.5", "red", "blue-1.5")) {
            ask("{'model':'" + name + "'," + QUESTION + "}").statusCode(200);
        }
        // the same models are loaded as before
        await().atMost(LIMIT).until(() -> threads() <= threads && folders() <= folders);
    }

    @Test
    void requestWaitsWhileTheOtherModelIsBusyAndThenRuns() throws Exception {
        engine.whenReady().await().atMost(LIMIT);
        ask("{'model':'red'," + QUESTION + "}").statusCode(200);
        FaultInjector faults = new FaultInjector(model("red").pool());
        assertThat(faults.inject(0, Misbehaviour.HOLD, 0, 2)).isTrue();
        CompletableFuture<String> red = inBackground("red");
        await().atMost(LIMIT).until(() -> model("red").pool().view().busySlots() == 1);
        CompletableFuture<String> blue = inBackground("blue-1.5");
        await().atMost(LIMIT).until(() -> model("blue-1.5").state() instanceof ModelState.AwaitingMemory);
        assertThat(model("blue-1.5").state().detail())
                .contains("The model blue-1.5 needs")
                .contains("(quern.catalog.memory-limit)")
                .contains("for pinned")
                .contains("(red)");
        assertThat(faults.inject(0, Misbehaviour.RELEASE, 0, 0)).isTrue();
        assertThat(red.get(60, TimeUnit.SECONDS)).isNotEmpty().isEqualTo(blue.get(60, TimeUnit.SECONDS));
    }

    @Test
    void modelThatNeverFitsIsRefusedWithTheArithmetic() {
        engine.whenReady().await().atMost(LIMIT);
        ask("{'model':'huge'," + QUESTION + "}")
                .statusCode(503)
                .body("error.message", containsString("The model huge cannot be loaded: the model needs "))
                .body("error.message", containsString("256 slots x 100000 tokens"));
        assertThat(model("huge").state()).isInstanceOf(ModelState.Failed.class);
        ask("{'model':'pinned'," + QUESTION + "}").statusCode(200);
    }

    @Test
    void streamThatWaitsForItsModelGetsTheProgressAsComments() {
        engine.whenReady().await().atMost(LIMIT);
        ask("{'model':'red'," + QUESTION + "}").statusCode(200);
        String stream = given().contentType("application/json")
                .header("X-Queue-Position", "true")
                .body(("{'model':'blue-1.5','stream':true," + QUESTION + "}").replace('\'', '"'))
                .post("/v1/chat/completions")
                .then()
                .statusCode(200)
                .extract()
                .asString();
        assertThat(stream).contains(": loading model blue-1.5").endsWith("data: [DONE]\n\n");
    }

    @Test
    void listDescribesAllModels() {
        engine.whenReady().await().atMost(LIMIT);
        given().get("/v1/models")
                .then()
                .statusCode(200)
                .body("data.id", equalTo(List.of("blue-1.5", "huge", "pinned", "red")))
                .body("data.context_length", equalTo(List.of(256, 100000, 256, 256)))
                .body("data[2].state", equalTo("ready"))
                .body("data[2].quantization", equalTo("Q8_0"))
                .body("data[3].aliases", hasItems("rouge", "rot"));
        given().get("/v1/models/rot").then().statusCode(200).body("id", equalTo("red"));
    }

    @Test
    void unknownModelIsAnsweredWithSimilarNames() {
        ask("{'model':'blu'," + QUESTION + "}")
                .statusCode(404)
                .body("error.code", equalTo("model_not_found"))
                .body("error.message", containsString("such as \"blue-1.5\""));
    }

    @Test
    void applicationSelectsAModelByName() {
        engine.whenReady().await().atMost(LIMIT);
        assertThat(engine.models()).containsExactly("blue-1.5", "huge", "pinned", "red");
        String answer =
                engine.model("rot").answer("What is a fork server?").await().atMost(LIMIT);
        assertThat(answer).startsWith("A fork server is");
        assertThat(engine.model("rot").name()).isEqualTo("red");
    }

    private static final String QUESTION =
            "'messages':[{'role':'user','content':'Tell me a story.'}],'temperature':0,'max_tokens':20,'ignore_eos':true";

    private HostedModel model(String name) {
        return catalog.named(name).orElseThrow();
    }

    private List<Long> pids(String name) {
        return model(name).pool().view().workers().stream()
                .map(worker -> worker.pid())
                .toList();
    }

    private static ValidatableResponse ask(String body) {
        return given().contentType("application/json")
                .body(body.replace('\'', '"'))
                .post("/v1/chat/completions")
                .then();
    }

    private static String text(String model) {
        return ask("{'model':'" + model + "'," + QUESTION + "}")
                .statusCode(200)
                .extract()
                .path("choices[0].message.content");
    }

    /** Not in the common pool, whose only thread may be needed to notice ends of processes. */
    private static CompletableFuture<String> inBackground(String model) {
        return CompletableFuture.supplyAsync(() -> text(model), Thread::startVirtualThread);
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                // threads of templates end by themselves after a while
                .filter(name -> name.startsWith("quern-") && !name.startsWith("quern-template"))
                .count();
    }

    private static long folders() throws IOException {
        try (Stream<Path> all = Files.walk(Path.of("target/test-home"))) {
            String own = "quern-" + ProcessHandle.current().pid() + "-";
            return all.filter(path -> path.getFileName().toString().startsWith(own))
                    .count();
        }
    }
}
