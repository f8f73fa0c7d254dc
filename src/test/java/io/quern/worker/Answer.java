package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.wire.Delta;
import io.quern.wire.Finish;
import io.quern.wire.Logprob;
import io.quern.wire.Rejected;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Collects a worker's frames for one request, as the engine receives them. */
final class Answer {
    private static final int PATIENCE_SECONDS = 120;

    final long id;
    final CompletableFuture<Integer> promptTokens = new CompletableFuture<>();
    final CompletableFuture<Rejected> rejected = new CompletableFuture<>();
    final CompletableFuture<Finish> finish = new CompletableFuture<>();
    private final List<Delta> deltas = new ArrayList<>();

    Answer(long id) {
        this.id = id;
    }

    synchronized void add(Delta delta) {
        assertThat(finish).as("nothing follows a finish").isNotDone();
        deltas.add(delta);
        if (delta.hasFinish()) {
            finish.complete(delta.getFinish());
        }
    }

    void lost(Exception why) {
        promptTokens.completeExceptionally(why);
        rejected.completeExceptionally(why);
        finish.completeExceptionally(why);
    }

    synchronized List<Delta> deltas() {
        return List.copyOf(deltas);
    }

    String text() {
        return String.join("", deltas().stream().map(Delta::getText).toList());
    }

    List<Integer> tokens() {
        return deltas().stream().flatMap(d -> d.getTokensList().stream()).toList();
    }

    List<Logprob> logprobs() {
        return deltas().stream().flatMap(d -> d.getLogprobsList().stream()).toList();
    }

    Finish awaitFinish() throws Exception {
        return finish.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    int awaitAccepted() throws Exception {
        return promptTokens.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    Rejected awaitRejected() throws Exception {
        return rejected.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
}
