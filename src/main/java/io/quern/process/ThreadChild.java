package io.quern.process;

import java.util.Map;

/**
 * A "child" that is a thread of this process. It can be asked to end and no more: a thread that is stuck in native code
 * cannot be killed.
 */
public final class ThreadChild extends ChildProcess {
    private final Runnable cut;

    /** @param cut takes away what it lives by, so that it ends */
    public ThreadChild(Runnable cut) {
        super(new ChildOutput(line -> {}));
        this.cut = cut;
    }

    /** It wrote a line. */
    public void wrote(String line) {
        output().add(line);
    }

    /** Its thread has ended. */
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
        throw new UnsupportedOperationException("it ends with its application");
    }

    @Override
    void sendKill() {
        cut.run();
    }
}
