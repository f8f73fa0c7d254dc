package io.quern.process;

import java.util.Map;

/**
 * A "child" that is a thread of this process. It can only be asked to end: a thread that hangs in native code cannot be
 * killed.
 */
public final class ThreadChild extends ChildProcess {
    private final Runnable cut;

    /** @param cut closes its connection, so that it ends */
    public ThreadChild(Runnable cut) {
        super(new ChildOutput(line -> {}));
        this.cut = cut;
    }

    /** Adds a line that it wrote. */
    public void wrote(String line) {
        output().add(line);
    }

    /** Records the end of its thread. */
    public void ended(ExitStatus status) {
        output().end();
        complete(status, 0);
    }

    @Override
    public long pid() {
        return 0;
    }

    @Override
    public Map<String, Object> handOver() {
        throw new UnsupportedOperationException("a worker in a thread ends with its application");
    }

    @Override
    void sendKill() {
        cut.run();
    }
}
