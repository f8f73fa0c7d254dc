package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@link ServingContract} requires, and what must hold in addition if the worker is a process of its own. */
abstract class ProcessServingContract extends ServingContract {
    ProcessServingContract(String model, String name, int context, String startMethod) {
        super(model, name, context, startMethod);
    }

    @Test
    void streamOfKilledWorkerResumesUnchanged() throws Exception {
        String expected = undisturbedText();
        awaitReady();
        long pid = engine.workerPids().getFirst();
        double moved = engine.metric("quern_migrations_total");
        gate.closeAfter(60);
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", streamedBody())) {
            List<JsonNode> events = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                events.add(stream.next());
            }
            kill(pid);
            gate.open();
            events.addAll(stream.rest());
            assertThat(EventStream.text(events)).isEqualTo(expected);
            assertThat(stream.done()).isTrue();
        }
        assertThat(engine.metric("quern_migrations_total")).isEqualTo(moved + 1);
        awaitReady();
        assertThat(engine.workerPids().getFirst()).isNotEqualTo(pid);
        assertThat(engine.json("/q/quern/pool").at("/workers/0/lastExit").asText())
                .isEqualTo("signal 9 (KILL)");
    }

    @Test
    void prefixOutlivesItsWorker() throws Exception {
        ObjectNode one = body("A quern grinds grain between two stones, and the upper one turns. ".repeat(12), 20)
                .put("stream", false);
        double before = engine.metric("quern_prefix_store_bytes");
        JsonNode alone = answer(one.put("cache_salt", "alone"));
        assertThat(cached(alone)).isZero();
        await().until(() -> engine.metric("quern_prefix_store_bytes") > before);
        double other = engine.metric("quern_prefix_store_bytes");
        assertThat(cached(answer(one.put("cache_salt", "one"))))
                .as("another scope")
                .isZero();
        await().until(() -> engine.metric("quern_prefix_store_bytes") > other);
        kill(engine.workerPids().getFirst());
        JsonNode again = answer(one);
        assertThat(cached(again)).isGreaterThan(64);
        assertThat(again.at("/choices")).isEqualTo(alone.at("/choices"));
        assertThat(engine.metric("vllm:prefix_cache_hits_total")).isGreaterThanOrEqualTo(cached(again));
        awaitReady();
    }

    private JsonNode answer(ObjectNode body) {
        return EngineProcess.parse(engine.post("/v1/chat/completions", body.toString()));
    }

    private static int cached(JsonNode answer) {
        assertThat(answer.at("/choices/0/message/content").asText()).isNotEmpty();
        return answer.at("/usage/prompt_tokens_details/cached_tokens").asInt(0);
    }

    @Test
    void choicesOfKilledWorkerResumeUnchanged() throws Exception {
        ObjectNode body =
                body("Tell me a long story.", 60).put("ignore_eos", true).put("n", 3);
        body.put("temperature", 2).put("seed", 5).put("logprobs", true).put("top_logprobs", 2);
        List<String> expected = choices(EventStream.open(engine, "/v1/chat/completions", body.toString()), 3);
        assertThat(expected).doesNotHaveDuplicates();
        awaitReady();
        long pid = engine.workerPids().getFirst();
        double moved = engine.metric("quern_migrations_total");
        gate.closeAfter(30);
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", body.toString())) {
            List<JsonNode> begun = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                begun.add(stream.next());
            }
            kill(pid);
            gate.open();
            assertThat(choices(begun, stream, 3)).isEqualTo(expected);
        }
        assertThat(engine.metric("quern_migrations_total")).isEqualTo(moved + 3);
        awaitReady();
    }

    @Test
    void poolEventsReportLossAndRestart() throws Exception {
        awaitReady();
        long pid = engine.workerPids().getFirst();
        gate.closeAfterFirstTokens();
        try (EventStream events = EventStream.get(engine, "/q/quern/pool/events");
                EventStream stream = EventStream.open(engine, "/v1/chat/completions", streamedBody())) {
            assertThat(events.next().at("/workers/0/pid").asLong()).isEqualTo(pid);
            stream.next();
            stream.next();
            kill(pid);
            gate.open();
            List<String> states = new ArrayList<>();
            int migrations = 0;
            while (!states.contains("ready")) {
                JsonNode event = events.next();
                if (event.has("lostWorker")) {
                    migrations++;
                    assertThat(event.at("/lostWorker").asInt()).isZero();
                    assertThat(event.at("/delivered").asInt()).isPositive();
                } else if (!event.at("/from").equals(event.at("/state"))) {
                    states.add(event.at("/state").asText());
                }
            }
            assertThat(states).containsExactly("failed", "backing-off", "starting", "ready");
            assertThat(migrations).isOne();
            stream.rest();
        }
        assertThat(engine.json("/q/quern/pool").at("/migrations").asInt()).isPositive();
    }

    @Test
    void workerIsSeparateProcess() {
        ProcessHandle worker = ProcessHandle.of(engine.workerPids().getFirst()).orElseThrow();
        assertThat(engine.process().toHandle().descendants()).contains(worker);
        assertThat(worker.info().commandLine().orElseThrow()).contains("io.quern.worker");
    }

    @Test
    void streamOfStoppedWorkerResumesUnchanged() throws Exception {
        String expected = undisturbedText();
        awaitReady();
        long pid = engine.workerPids().getFirst();
        gate.closeAfterFirstTokens();
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", streamedBody())) {
            List<JsonNode> events = new ArrayList<>(List.of(stream.next(), stream.next()));
            assertThat(new ProcessBuilder("kill", "-STOP", Long.toString(pid))
                            .start()
                            .waitFor())
                    .isZero();
            gate.open();
            events.addAll(stream.rest());
            assertThat(EventStream.text(events)).isEqualTo(expected);
        }
        assertThat(ProcessState.running(pid)).isFalse();
    }

    private static List<String> choices(EventStream stream, int number) throws IOException {
        try (stream) {
            return choices(List.of(), stream, number);
        }
    }

    /** Returns the text of each choice, followed by the log probabilities of its tokens. */
    private static List<String> choices(List<JsonNode> begun, EventStream stream, int number) throws IOException {
        List<JsonNode> events = new ArrayList<>(begun);
        events.addAll(stream.rest());
        assertThat(stream.done()).isTrue();
        List<String> choices = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            StringBuilder text = new StringBuilder();
            List<JsonNode> logprobs = new ArrayList<>();
            for (JsonNode event : events) {
                JsonNode choice = event.at("/choices/0");
                if (choice.path("index").asInt(-1) == i) {
                    text.append(choice.at("/delta/content").asText(""));
                    choice.at("/logprobs/content").forEach(logprobs::add);
                }
            }
            assertThat(logprobs).as("choice %d", i).hasSize(60);
            choices.add(text + "\n" + logprobs);
        }
        return choices;
    }

    private void awaitReady() {
        await().until(() -> engine.get("/q/health/ready").statusCode() == 200);
    }

    /** Kills the worker, unless the engine has already killed it as stuck. */
    private static void kill(long pid) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }

    /** Long enough to be interrupted, and short enough to be read to its end several times. */
    private String streamedBody() {
        return body("Tell me a long story.", Math.min(500, context - 100))
                .put("ignore_eos", true)
                .toString();
    }

    private String undisturbedText() throws Exception {
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", streamedBody())) {
            return EventStream.text(stream.rest());
        }
    }
}
