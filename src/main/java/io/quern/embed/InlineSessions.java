package io.quern.embed;

import io.quern.launch.InlineWorker;
import io.quern.worker.InlineSession;
import io.quern.worker.LoopbackChannel;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.util.function.Consumer;

/** Provides the worker's session for the start method inline. */
@Singleton
final class InlineSessions implements InlineWorker {

    @Override
    public Connection connection() throws IOException {
        LoopbackChannel.Ends ends = LoopbackChannel.open();
        return new Connection(ends.engine(), ends.worker());
    }

    @Override
    public int run(int id, String token, ByteChannel connection, Consumer<String> output) throws InterruptedException {
        return InlineSession.run(id, token, connection, output);
    }
}
