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
 * One process of a worker and its connection, from the start to the end of both. Either may end first, and each may
 * explain the end of the other. The watcher is notified of both as one.
 *
 * <p>Used on the supervisor's thread; {@link #link} and {@link #pid} on any.
 */
final class WorkerLife {
    /** Longest time to read the last frames of an ended process. */
    private static final Duration LAST_FRAMES = Duration.ofMillis(500);

    /** Longest time until the connection of an ended process is known. */
    private static final Duration FIRST_FRAMES = Duration.ofSeconds(2);

    /**
     * A worker that sent a frame within this part of the time between two looks is not stopped. Looking costs the cores
     * that it computes on, and a worker that was stopped just now is found this much later at most.
     */
    private static final int JUST_NOW = 10;

    private final Supervisor supervisor;
    private final LifeWatcher watcher;
    private final StartProgress start;
    private final Standstill standstill = new Standstill();
    private volatile ChildProcess process;

    private volatile WorkerLink link;

    /** What the worker reported before it ended. */
    private Optional<Fatal> said = Optional.empty();

    /** What the engine knows about the end of the process. */
    private Optional<PostMortem> processEnd = Optional.empty();

    private boolean connectionEnded;

    private boolean lost;

    /** Whether the engine only knows that the connection closed. The end of the process may then explain the loss. */
    private boolean unexplained;

    private boolean endedByUs;

    /** Whether somebody has stopped the process, so that the engine ends it. */
    private boolean stopped;

    private boolean over;

    /** Completes when a parked worker has disconnected from this application. */
    private final CompletableFuture<Void> letGo = new CompletableFuture<>();

    WorkerLife(Supervisor supervisor, EngineClock clock, LifeWatcher watcher) {
        this.supervisor = supervisor;
        this.watcher = watcher;
        start = new StartProgress(clock);
    }

    /** Returns the connection for requests, or null before the worker has connected. */
    WorkerLink link() {
        return link;
    }

    /** Returns null if there is no running process of its own. */
    Long pid() {
        ChildProcess child = process;
        return child == null || !child.alive() || child.pid() == 0 ? null : child.pid();
    }

    /** Returns null before the process is started. */
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
        standstill.watch(child.pid());
        child.exited().thenAccept(exit -> supervisor.post(() -> processEnded(child, exit)));
    }

    /** The process could not be started. Call it only for a life that is not over. */
    void notLaunched(EndCause.NotStarted cause) {
        conclude(cause);
    }

    void connected(WorkerLink connection) {
        link = connection;
    }

    /** Ends the worker, which does not respond. */
    void endFor(EndCause.Stuck cause) {
        endedByUs = true;
        lose(cause);
    }

    /**
     * Looks at the process, and ends the worker if somebody has stopped it for too long.
     *
     * @param period the time between two looks
     */
    void look(Duration period, long now) {
        WorkerLink connected = link;
        if (connected != null && connected.heardWithin(period.toNanos() / JUST_NOW)) {
            standstill.computes(now);
            return;
        }
        standstill.look(period, now).ifPresent(cause -> {
            endedByUs = true;
            stopped = true;
            lose(cause);
        });
    }

    /**
     * Parks the worker for the next application, to which it connects with this token.
     *
     * @return completes when the worker has disconnected from this application or has ended; fails if it does neither
     *     in time
     */
    CompletionStage<Void> park(String token, Duration limit) {
        endedByUs = true;
        standstill.close();
        link.park(token);
        supervisor.postLater(
                limit, () -> letGo.completeExceptionally(new TimeoutException("it did not disconnect in time")));
        return letGo;
    }

    /** A parked worker closes its connection when it has another. */
    void letGo() {
        letGo.complete(null);
    }

    /**
     * Asks the worker to end. A process that is being started at this moment is ended by its starter.
     *
     * @param patience how long the worker may take before it gets SIGKILL
     */
    void stop(Duration patience) {
        ChildProcess child = process;
        WorkerLink connection = link;
        if (child == null || connection == null) {
            // without a connection the worker cannot be asked, and has no requests to lose
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

    /** Ends the process by SIGKILL, which needs no thread of the engine. */
    void kill() {
        endedByUs = true;
        ChildProcess child = process;
        if (child != null) {
            child.kill();
        }
    }

    /**
     * Ends what is left of a lost worker: at once, or a little later if the end of the process may still explain the
     * loss.
     */
    void discard(EndCause cause) {
        if (!unexplained) {
            kill(cause);
            return;
        }
        // the process is most likely ending, and its own exit status explains more than a SIGKILL
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
            // before its connection closes: otherwise the worker could exit normally, as if nothing were wrong
            child.kill();
        }
        if (link != null) {
            link.close(cause.text());
        }
    }

    /** Stops waiting for the end. */
    void abandon() {
        over = true;
    }

    /** Returns a receiver for the events of the connection, which are called on the connection's thread. */
    WorkerLink.Events events(Runnable capacity, Runnable begun) {
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

            @Override
            public void begun() {
                begun.run();
            }
        };
    }

    /** Any thread may call this. */
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
        standstill.close();
        PostMortem found = watcher.examine(child, exit, !over && !endedByUs && exit.killed());
        if (over) {
            return;
        }
        processEnd = Optional.of(found);
        if (lost && (found.outOfMemory() || unexplained)) {
            // the connection ended first, and did not explain the loss
            watcher.lost(new EndCause.ProcessEnded(found.why(), found.assertion()));
        }
        if (link == null && found.hasSaidWhy()) {
            // on a very busy machine the process may end before its connection is known
            supervisor.postLater(FIRST_FRAMES, () -> awaitConnectionEnd(found, Duration.ZERO));
        } else {
            awaitConnectionEnd(found, LAST_FRAMES);
        }
    }

    /** The worker's last report may still be on its way; the end of the connection follows it. */
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

    /** Called when the ends of both process and connection are known. */
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

    /** Returns the cause that requests of this worker receive. */
    private LossCause lossCause(PostMortem found) {
        boolean own = endedByUs || said.isPresent() || link != null && link.givenUp();
        return stopped || found.fromOutside() && !own ? LossCause.KILLED_FROM_OUTSIDE : LossCause.OWN;
    }
}
