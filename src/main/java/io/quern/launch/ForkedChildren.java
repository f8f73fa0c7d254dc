package io.quern.launch;

import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.ForkedChild;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** A fork parent's children, those too that it has yet to make, by the ids that it speaks of them by. Safe for use by several threads. */
final class ForkedChildren {
    static final ExitStatus KILLED = new ExitStatus.Signaled(9);

    private final Map<String, ForkedChild> children = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<ChildProcess>> launches = new ConcurrentHashMap<>();
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
    ForkedChild get(String id) {
        return children.get(id);
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
                entry.getValue().ended(how, peakBytes);
            }
        }
    }

    void kill() {
        children.values().forEach(ForkedChild::kill);
    }

    /** Their parent has ended, with which the kernel kills them. */
    void lost(IOException why) {
        launches.keySet().forEach(id -> refused(id, why));
        children.values().forEach(child -> child.ended(KILLED, 0));
        children.clear();
    }

    /** They are somebody else's now. */
    void clear() {
        children.clear();
    }
}
