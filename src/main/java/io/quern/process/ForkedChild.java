package io.quern.process;

import java.io.InputStream;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;

/**
 * A child that another process, its parent, has forked for this one. The parent reports its end and passes signals on,
 * so that no signal can reach a later process with the same pid.
 */
public final class ForkedChild extends ChildProcess {
    private static final int SIGKILL = 9;

    private final String name;
    private final ObjIntConsumer<ForkedChild> signals;
    private volatile long pid;

    /**
     * @param name name for threads
     * @param output receives each line of standard output and error on a thread for this child
     * @param signals passes a signal to the child, by its number
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
     * Takes over a child from an earlier application in this JVM. The caller must check whether it has ended already;
     * later ends are reported.
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

    /** Records that it has been forked. */
    public void forked(long asPid) {
        pid = asPid;
    }

    /** Starts a thread that reads the output to its end. */
    public void readOutput(InputStream stream) {
        output().read(name, stream);
    }

    /**
     * Records its end, which its parent has reported or caused by its own end.
     *
     * @param peakBytes its peak resident memory, or 0 if unknown
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
