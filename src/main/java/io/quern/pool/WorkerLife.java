package io.quern.pool;

import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.time.EngineClock;
import io.quern.wire.Fatal;
import io.quern.wire.Progress;
import io.quern.wire.Ready;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;

/**
 * One process of a worker and its connection, from the launch to their ends. Either end may be seen first, and each may explain the
 * other; the watcher hears of both as one.
 *
 * <p>Used on the supervisor's thread; {@link #link} and {@link #pid} on any.
 */
final class WorkerLife {
    /** What frames of an ended process may take to be read. */
    private static final Duration LAST_FRAMES = Duration.ofMillis(500);

    /** What an ended process's connection may take to be known. */
    private static final Duration FIRST_FRAMES = Duration.ofSeconds(2);

    private final Supervisor supervisor;
    private final LifeWatcher watcher;
    private final StartProgress start;
    private volatile ChildProcess process;
    private volatile WorkerLink link;

    /** What the worker said itself before it ended. */
    private Optional<Fatal> said = Optional.empty();

    /** What the ended process tells. */
    private Optional<PostMortem> processEnd = Optional.empty();

    private boolean connectionEnded;

    private boolean lost;

    /** Whether all that is known of the loss is that the connection closed: how the process ends may say why. */
    private boolean unexplained;

    private boolean endedByUs;
    private boolean over;

    /** Of a parked worker: it has let go of this application. */
    private final CompletableFuture<Void> letGo = new CompletableFuture<>();

    WorkerLife(Supervisor supervisor, EngineClock clock, LifeWatcher watcher) {
        this.supervisor = supervisor;
        this.watcher = watcher;
        start = new StartProgress(clock);
    }

    /** The connection requests go to; null before it has connected. */
    WorkerLink link() {
        return link;
    }

    /** Null without a process of its own that lives. */
    Long pid() {
        ChildProcess child = process;
        return child == null || !child.alive() || child.pid() == 0 ? null : child.pid();
    }

    /** Null before it is made. */
    ChildProcess process() {
        return process;
    }

    boolean isOver() {
        return over;
    }

    StartProgress start() {
        return start;
    }

    void launched(ChildProcess child) {
        process = child;
        child.exited().thenAccept(exit -> supervisor.post(() -> processEnded(child, exit)));
    }

    /** To be told only of a life that is not over. */
    void notLaunched(EndCause.NotStarted cause) {
        conclude(cause);
    }

    void connected(WorkerLink connection) {
        link = connection;
    }

    /** This engine ends it. */
    void endFor(EndCause.Stuck cause) {
        endedByUs = true;
        lose(cause);
    }

    /**
     * Has the worker wait for the application that follows, on a connection with that token.
     *
     * @return completes once it has let go of this application, or has ended; fails if it does neither in time
     */
    CompletionStage<Void> park(String token, Duration limit) {
        endedByUs = true;
        link.park(token);
        supervisor.postLater(limit, () -> letGo.completeExceptionally(new TimeoutException("it does not let go")));
        return letGo;
    }

    /** A parked worker closes its connection when it has another. */
    void letGo() {
        letGo.complete(null);
    }

    /**
     * Has its process end. One that is being made at this moment is left to whoever makes it.
     *
     * @param patience how long it may take to end by itself
     */
    void stop(Duration patience) {
        ChildProcess child = process;
        WorkerLink connection = link;
        if (child == null || connection == null) {
            // without a connection it cannot be asked yet, and has nothing to lose
            kill();
            return;
        }
        endedByUs = true;
        connection.stop();
        supervisor.postLater(patience, () -> {
            if (child.alive()) {
                child.kill();
            }
        });
    }

    /** The same by SIGKILL, which needs no thread of the engine's. */
    void kill() {
        endedByUs = true;
        ChildProcess child = process;
        if (child != null) {
            child.kill();
        }
    }

    /** Whatever is left of a lost worker goes: at once, or a little later where its end may still explain the loss. */
    void discard(EndCause cause) {
        if (!unexplained) {
            kill(cause);
            return;
        }
        // it is most likely on its way out, and how it ends says more than a kill of ours would
        supervisor.postLater(LAST_FRAMES, () -> {
            if (!over) {
                unexplained = false;
                endedByUs = true;
                kill(cause);
            }
        });
    }

    private void kill(EndCause cause) {
        ChildProcess child = process;
        if (!over && child != null) {
            // before its connection goes: it must not get the time to end by itself, as if all were well
            child.kill();
        }
        if (link != null) {
            link.close(cause.text());
        }
    }

    /** Nobody waits for its end any more. */
    void abandon() {
        over = true;
    }

    /** What its connection tells; called on that one's thread. */
    WorkerLink.Events events(Runnable capacity) {
        return new WorkerLink.Events() {
            @Override
            public void progress(Progress progress) {
                WorkerLife.this.progress(progress.getPhase(), progress.getFraction());
            }

            @Override
            public void ready(Ready ready) {
                post(() -> watcher.ready(ready));
            }

            @Override
            public void fatal(Fatal fatal) {
                post(() -> said = Optional.of(fatal));
            }

            @Override
            public void ended(EndCause.ConnectionEnded cause) {
                post(() -> connectionEnded(cause));
            }

            @Override
            public void capacity() {
                capacity.run();
            }
        };
    }

    /** Any thread. */
    void progress(String phase, double share) {
        post(() -> watcher.progress(phase, share));
    }

    private void post(Runnable what) {
        supervisor.post(() -> {
            if (!over) {
                what.run();
            }
        });
    }

    private void connectionEnded(EndCause.ConnectionEnded cause) {
        connectionEnded = true;
        if (processEnd.isPresent()) {
            conclude(processEnd.get());
            return;
        }
        if (!lost) {
            unexplained = cause.peerGone() && said.isEmpty();
            lose(said.<EndCause>map(words -> said(words, Optional.empty())).orElse(cause));
        }
    }

    private void processEnded(ChildProcess child, ExitStatus exit) {
        PostMortem found = watcher.examine(child, exit, !over && !endedByUs && exit.killed());
        if (over) {
            return;
        }
        processEnd = Optional.of(found);
        if (lost && (found.outOfMemory() || unexplained)) {
            // the end of its connection was here first, and did not tell why
            watcher.lost(new EndCause.ProcessEnded(found.why(), found.assertion()));
        }
        if (link == null && found.hasSaidWhy()) {
            // so quick, on a machine so busy, that its connection is not even known yet
            supervisor.postLater(FIRST_FRAMES, () -> awaitConnectionEnd(found, Duration.ZERO));
        } else {
            awaitConnectionEnd(found, LAST_FRAMES);
        }
    }

    /** What it said last may still be on its way; the end of its connection is right behind. */
    private void awaitConnectionEnd(PostMortem found, Duration patience) {
        WorkerLink connection = link;
        if (over) {
            return;
        }
        if (connection == null || connectionEnded) {
            conclude(found);
            return;
        }
        supervisor.postLater(patience, () -> {
            connection.processGone(found.end());
            post(() -> conclude(found));
        });
    }

    private void lose(EndCause cause) {
        lost = true;
        watcher.lost(cause);
    }

    /** Both ends are known. */
    private void conclude(PostMortem found) {
        if (link != null) {
            link.processEnded(lossCause(found));
        }
        conclude(said.<EndCause>map(words -> said(words, found.assertion()))
                .orElseGet(() -> new EndCause.ProcessEnded(found.conclusion(), found.assertion())));
    }

    private void conclude(EndCause cause) {
        over = true;
        watcher.over(cause);
    }

    private static EndCause.Said said(Fatal words, Optional<String> assertion) {
        return new EndCause.Said(words.getMessage(), words.getCause() == Fatal.Cause.UNUSABLE, assertion);
    }

    /** What requests are told that ran on it. */
    private LossCause lossCause(PostMortem found) {
        boolean own = endedByUs || said.isPresent() || link != null && link.givenUp();
        return found.fromOutside() && !own ? LossCause.KILLED_FROM_OUTSIDE : LossCause.OWN;
    }
}
