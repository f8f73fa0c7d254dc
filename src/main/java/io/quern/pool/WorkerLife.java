package io.quern.pool;

import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.wire.Fatal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** One process of a worker and its connection, from the launch to how it ended. Written on the supervisor's thread; read on any. */
final class WorkerLife {
    private volatile ChildProcess process;
    private volatile WorkerLink link;

    /** Whether it was made for an earlier application, and has its model. */
    private boolean takenUp;

    private Instant lastProgress = Instant.now();

    /** What it said itself before it ended. */
    private Fatal fatal;

    /** Whether all that is known of its end is that its connection closed. */
    private boolean vague;

    /** How the process has ended, once it has. */
    private String end;

    private boolean endedByUs;
    private boolean fromOutside;
    private boolean gone;

    /** Null before it is made. */
    ChildProcess process() {
        return process;
    }

    /** Null before it has connected. */
    WorkerLink link() {
        return link;
    }

    /** Null without a process of its own that lives. */
    Long pid() {
        ChildProcess child = process;
        return child == null || !child.alive() || child.pid() == 0 ? null : child.pid();
    }

    void launched(ChildProcess child) {
        process = child;
    }

    void connected(WorkerLink connection) {
        link = connection;
    }

    void takenUp() {
        takenUp = true;
    }

    boolean wasTakenUp() {
        return takenUp;
    }

    void moves() {
        lastProgress = Instant.now();
    }

    boolean still(Instant now, Duration limit) {
        return lastProgress.plus(limit).isBefore(now);
    }

    void fatal(Fatal said) {
        fatal = said;
    }

    /** What it said itself, or else this. */
    String fatalOr(String seen) {
        return fatal == null ? seen : fatal.getMessage();
    }

    /** Whether it said that every start would end like this one. */
    boolean unusable() {
        return fatal != null && fatal.getCause() == Fatal.Cause.UNUSABLE;
    }

    /** Its connection has closed, and nothing says why yet: its process's end may. */
    void vague() {
        vague = fatal == null;
    }

    /** Its process is still there without its connection, so we kill it: how it ends explains nothing. */
    void livesOn() {
        vague = false;
        endedByUs = true;
    }

    boolean isVague() {
        return vague;
    }

    /** This engine kills the process, or tells it to end: whatever comes of that is no surprise. */
    void endedByUs() {
        endedByUs = true;
    }

    /** Whether it was killed by somebody else. */
    boolean killed(ExitStatus exit) {
        return exit.killed() && !endedByUs;
    }

    /** @param memory whether the kernel has killed it for want of memory */
    void exited(ExitStatus status, boolean memory, String how) {
        fromOutside = status.fromOutside() && !memory;
        end = "its process ended by " + how;
    }

    /** Once the process has ended and its connection too, so that its last words are known. */
    LossCause cause() {
        WorkerLink connection = link;
        boolean own = endedByUs || fatal != null || connection != null && connection.givenUp();
        return fromOutside && !own ? LossCause.KILLED_FROM_OUTSIDE : LossCause.OWN;
    }

    /** Empty while the process lives. */
    Optional<String> end() {
        return Optional.ofNullable(end);
    }

    /** There is no process any more, or never was. */
    void gone() {
        gone = true;
    }

    boolean isGone() {
        return gone;
    }

    /** Whatever is left of it goes, for this cause. */
    void discard(String cause) {
        ChildProcess child = process;
        if (!gone && child != null) {
            // before its connection goes: it must not get the time to end by itself, as if all were well
            child.kill();
        }
        WorkerLink connection = link;
        if (connection != null) {
            connection.close(cause);
        }
    }
}
