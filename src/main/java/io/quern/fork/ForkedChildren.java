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
 * A launcher's children, those too that it has yet to make, by the ids that it speaks of them by. Safe for use by
 * several threads.
 */
final class ForkedChildren {
    static final ExitStatus KILLED = new ExitStatus.Signaled(9);

    private final Map<String, ForkedChild> children = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<ChildProcess>> launches = new ConcurrentHashMap<>();
    private final Set<ForkedChild> signalled = ConcurrentHashMap.newKeySet();
    private final AtomicLong numbers = new AtomicLong();

    /** Returns the id. */
    String add(String name, ForkedChild child) {
        String id = name + "." + numbers.incrementAndGet();
        children.put(id, child);
        return id;
    }

    /** One that has yet to be made; completes with it when {@link #forked}, fails when {@link #refused}. */
    CompletionStage<ChildProcess> launch(String id) {
        CompletableFuture<ChildProcess> launch = new CompletableFuture<>();
        launches.put(id, launch);
        return launch;
    }

    /** Null where there is none, or none any more. */
    @Nullable
    ForkedChild get(String id) {
        return children.get(id);
    }

    /** Whether the parent has yet to answer for one, or to report the end of one that was sent a signal. */
    boolean due() {
        return !launches.isEmpty() || children.values().stream().anyMatch(signalled::contains);
    }

    /** The child was sent a signal that is to end it. */
    void signalled(ForkedChild child) {
        signalled.add(child);
    }

    /** Their parent does not answer: who is still to be made will not be. */
    void refuseLaunches(IOException why) {
        launches.keySet().forEach(id -> refused(id, why));
    }

    /** Their parent does not answer: looks for itself which have ended, and ends those that were to end. */
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

    /** Ends all without their parent. */
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

    /** @param peakBytes the most memory that it had; 0 where unknown */
    void exited(long pid, ExitStatus how, long peakBytes) {
        for (Map.Entry<String, ForkedChild> entry : children.entrySet()) {
            if (entry.getValue().pid() == pid) {
                // first: who hears of the end may look whether any are left
                children.remove(entry.getKey());
                signalled.remove(entry.getValue());
                entry.getValue().ended(how, peakBytes);
            }
        }
    }

    void kill() {
        children.values().forEach(ForkedChild::kill);
    }

    /** Their parent has ended, with which the kernel kills them. */
    void lost(IOException why) {
        refuseLaunches(why);
        children.values().forEach(child -> child.ended(KILLED, 0));
        children.clear();
        signalled.clear();
    }

    /** They are somebody else's now. */
    void clear() {
        children.clear();
        signalled.clear();
    }
}
