package io.quern.fork;

import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.ForkedChild;
import io.quern.process.Leftovers;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The children of a launcher by their ids, including those still to be forked. Thread-safe.
 */
final class ForkedChildren {
    static final ExitStatus KILLED = new ExitStatus.Signaled(9);

    private final Map<String, ForkedChild> children = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<ChildProcess>> launches = new ConcurrentHashMap<>();
    private final Set<ForkedChild> signalled = ConcurrentHashMap.newKeySet();
    private final AtomicLong numbers = new AtomicLong();

    /** Adds a child and returns its id. */
    String add(String name, ForkedChild child) {
        String id = name + "." + numbers.incrementAndGet();
        children.put(id, child);
        return id;
    }

    /** A child still to be forked. Completes with it on {@link #forked}; fails on {@link #refused}. */
    CompletionStage<ChildProcess> launch(String id) {
        CompletableFuture<ChildProcess> launch = new CompletableFuture<>();
        launches.put(id, launch);
        return launch;
    }

    /** Returns the child, or null if there is none any more. */
    @Nullable
    ForkedChild get(String id) {
        return children.get(id);
    }

    /** Returns whether the launcher still owes an answer to a fork, or the report of a signalled child's end. */
    boolean due() {
        return !launches.isEmpty() || children.values().stream().anyMatch(signalled::contains);
    }

    /** Records that a child was sent a signal that should end it. */
    void signalled(ForkedChild child) {
        signalled.add(child);
    }

    /** Fails all pending forks, since the launcher does not answer. */
    void refuseLaunches(IOException why) {
        launches.keySet().forEach(id -> refused(id, why));
    }

    /** Finds ended children and kills those that should end, without the launcher, which does not answer. */
    void lookAndEnd() {
        children.forEach((id, child) -> {
            if (child.pid() == 0) {
                return;
            }
            if (!Leftovers.running(child.pid())) {
                children.remove(id);
                signalled.remove(child);
                child.ended(Leftovers.status(child.pid()).orElse(KILLED), 0);
            } else if (signalled.contains(child)) {
                ProcessHandle.of(child.pid()).ifPresent(ProcessHandle::destroyForcibly);
            }
        });
    }

    /** Kills all children without the launcher. */
    void killDirectly() {
        children.values().stream().filter(child -> child.pid() != 0).forEach(child -> ProcessHandle.of(child.pid())
                .ifPresent(ProcessHandle::destroyForcibly));
    }

    boolean isEmpty() {
        return children.isEmpty();
    }

    void forked(String id, long pid) {
        ForkedChild child = children.get(id);
        CompletableFuture<ChildProcess> launch = launches.remove(id);
        if (child != null && launch != null) {
            child.forked(pid);
            launch.complete(child);
        }
    }

    void refused(String id, IOException why) {
        children.remove(id);
        CompletableFuture<ChildProcess> launch = launches.remove(id);
        if (launch != null) {
            launch.completeExceptionally(why);
        }
    }

    /** @param peakBytes its peak memory in bytes, or 0 if unknown */
    void exited(long pid, ExitStatus how, long peakBytes) {
        for (Map.Entry<String, ForkedChild> entry : children.entrySet()) {
            if (entry.getValue().pid() == pid) {
                // must come first: listeners may check whether any children are left
                children.remove(entry.getKey());
                signalled.remove(entry.getValue());
                entry.getValue().ended(how, peakBytes);
            }
        }
    }

    void kill() {
        children.values().forEach(ForkedChild::kill);
    }

    /** Records that the launcher has ended, upon which the kernel kills its children. */
    void lost(IOException why) {
        refuseLaunches(why);
        children.values().forEach(child -> child.ended(KILLED, 0));
        children.clear();
        signalled.clear();
    }

    /** Forgets the children, which were handed over. */
    void clear() {
        children.clear();
        signalled.clear();
    }
}
