package io.quern.launch;

import java.nio.channels.ByteChannel;
import java.util.function.Consumer;

/** A worker in this very process. Handed in by the rim: the engine's side does not know the worker's. */
public interface InlineWorker {

    /** The two ends of a connection within this process. */
    record Connection(ByteChannel engine, ByteChannel worker) {}

    /** @throws java.io.IOException if the operating system refuses */
    Connection connection() throws java.io.IOException;

    /**
     * Runs a worker in the calling thread until it ends or its connection does.
     *
     * @param id the worker's number in the pool
     * @param token tells the engine that this is the worker it started
     * @param connection the worker's end
     * @param output is given each line it writes, on any thread
     * @return what a process would have exited with
     */
    int run(int id, String token, ByteChannel connection, Consumer<String> output) throws InterruptedException;
}
