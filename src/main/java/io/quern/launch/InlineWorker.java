package io.quern.launch;

import java.nio.channels.ByteChannel;
import java.util.function.Consumer;

/**
 * Runs a worker in this process. The application passes it in, since the engine does not depend on the worker's code.
 */
public interface InlineWorker {

    /** The two ends of a connection inside this process. */
    record Connection(ByteChannel engine, ByteChannel worker) {}

    /** @throws java.io.IOException if the operating system refuses */
    Connection connection() throws java.io.IOException;

    /**
     * Runs a worker in the calling thread until it ends or its connection does.
     *
     * @param id the worker's id in the pool
     * @param token proves to the engine that this is the worker it started
     * @param connection the worker's end
     * @param output receives each line that the worker writes, on any thread
     * @return the exit code that a process would have
     */
    int run(int id, String token, ByteChannel connection, Consumer<String> output) throws InterruptedException;
}
