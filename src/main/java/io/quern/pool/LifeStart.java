package io.quern.pool;

import io.quern.launch.LaunchEvents;
import io.quern.launch.TokenIssuer;
import io.quern.launch.WorkerSpec;
import io.quern.log.KeyedLog;
import io.quern.process.ChildProcess;
import io.quern.process.LastWords;
import io.quern.threads.UncaughtErrors;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Starts the processes of one worker's lives. Used on the supervisor's thread. */
final class LifeStart {
    /** The worker's logger, so that a filter for it finds these lines. */
    private static final KeyedLog LOG = KeyedLog.of(Worker.class);

    private final WorkerSpec spec;
    private final Supervision supervision;

    LifeStart(WorkerSpec spec, Supervision supervision) {
        this.spec = spec;
        this.supervision = supervision;
    }

    /**
     * Starts a process. If that fails, the life is notified, unless it is over by then.
     *
     * @param tokens issues the token with which the process identifies itself
     * @param launched receives the process on the supervisor's thread, even if the life is over
     */
    void start(WorkerLife life, TokenIssuer tokens, Consumer<ChildProcess> launched) {
        launch(tokens, life)
                .whenComplete((child, failure) -> supervision.supervisor().post(() -> {
                    if (failure == null) {
                        launched.accept(child);
                    } else if (!life.isOver()) {
                        life.notLaunched(cause(failure));
                    }
                }));
    }

    /** Continues with the process of an earlier application's worker. */
    ChildProcess takeUp(WorkerLife life, Map<String, Object> child) {
        return supervision.starter().takeUp(spec, child, events(life));
    }

    private CompletionStage<ChildProcess> launch(TokenIssuer tokens, WorkerLife life) {
        try {
            return supervision.starter().launch(spec, tokens, events(life));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private LaunchEvents events(WorkerLife life) {
        return new LaunchEvents() {
            @Override
            public void output(String line) {
                LOG.workerId(spec.id()).debugf("%s", line);
            }

            @Override
            public void progress(String phase, double share) {
                life.progress(phase, share);
            }
        };
    }

    private EndCause.NotStarted cause(Throwable failure) {
        // a launcher that loads the model can also be killed for its size
        String killer = supervision
                .oomKills()
                .claim(supervision.clock().nanos())
                .map(what -> ": " + what)
                .orElse("");
        if (failure instanceof Error) {
            UncaughtErrors.report("the start of worker " + spec.id(), failure);
        }
        String message = failure.getMessage();
        return new EndCause.NotStarted(
                "it could not be started: " + message + killer + PostMortem.threadLimit(message),
                LastWords.abort(List.of(String.valueOf(message))));
    }
}
