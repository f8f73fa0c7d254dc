package io.quern.process;

import java.io.InputStream;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;

/**
 * A child that another process has made for this one: that process, its parent, reports its end and passes signals on,
 * so that none can reach a process that got the same pid later.
 */
public final class ForkedChild extends ChildProcess {
    private static final int SIGKILL = 9;

    private final String name;
    private final ObjIntConsumer<ForkedChild> signals;
    private volatile long pid;

    /**
     * @param name for thread names
     * @param output gets each line of standard output and error, on a thread of the child's
     * @param signals passes a signal, by its number, on to the child
     */
    public ForkedChild(String name, Consumer<String> output, ObjIntConsumer<ForkedChild> signals) {
        this(name, new ChildOutput(output), signals);
    }

    private ForkedChild(String name, ChildOutput output, ObjIntConsumer<ForkedChild> signals) {
        super(output);
        this.name = name;
        this.signals = signals;
    }

    /**
     * Goes on with a child that an earlier application of this JVM has handed over. The caller learns of an end from
     * then on, and has to look whether it has come before.
     */
    public static ForkedChild takeUp(
            String name, Map<String, Object> parts, Consumer<String> output, ObjIntConsumer<ForkedChild> signals) {
        ForkedChild child = new ForkedChild(name, ChildOutput.takeUp(parts, output), signals);
        child.forked((Long) Objects.requireNonNull(parts.get("pid")));
        return child;
    }

    @Override
    public Map<String, Object> handOver() {
        return Map.of("pid", pid, "lines", output().handOver());
    }

    /** It has been made. */
    public void forked(long asPid) {
        pid = asPid;
    }

    /** Its output has come; a thread of its own reads it to its end. */
    public void readOutput(InputStream stream) {
        output().read(name, stream);
    }

    /**
     * Its parent has seen its end, or has ended itself and taken it along.
     *
     * @param peakBytes the most memory it has had resident; 0 if unknown
     */
    public void ended(ExitStatus status, long peakBytes) {
        complete(status, peakBytes);
    }

    @Override
    public long pid() {
        return pid;
    }

    @Override
    void sendKill() {
        signals.accept(this, SIGKILL);
    }
}
