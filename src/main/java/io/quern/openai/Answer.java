package io.quern.openai;

import io.quern.generation.GenerationEvent;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import java.util.List;

/** Writes the choices of one request to the client. For use on the exchange's event loop. */
interface Answer {

    /**
     * Begins a choice and returns the receiver of its events.
     *
     * @param promptTokens the length of its prompt
     */
    MultiSubscriber<List<GenerationEvent>> choice(int index, int promptTokens);
}
