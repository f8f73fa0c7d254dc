package io.quern.cli;

import io.quern.client.OpenAiClient;
import io.quern.engines.PrivateEngine;
import java.util.Optional;

/**
 * The service that answers a command.
 *
 * @param model the model's name there
 * @param own the engine that was started for this command; it ends when this object is closed
 */
record Service(OpenAiClient client, String model, Optional<PrivateEngine> own) implements AutoCloseable {
    boolean runs() {
        return own.map(PrivateEngine::alive).orElse(true);
    }

    String describe() {
        return own.isPresent()
                ? model + ", on an engine of its own."
                : model + " at " + client.endpoint().base() + ".";
    }

    /** Returns what is known about the engine's end. */
    String describeEnd() {
        return own.map(engine -> "The engine has ended:\n" + engine.logEnd() + "\nIts whole log is " + engine.log())
                .orElse("The service has ended.");
    }

    @Override
    public void close() {
        client.close();
        own.ifPresent(PrivateEngine::close);
    }
}
