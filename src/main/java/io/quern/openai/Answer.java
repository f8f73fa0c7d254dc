package io.quern.openai;

import io.quern.generation.GenerationEvent;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import java.util.List;

/** Writes the events of a generation to the client. */
interface Answer extends MultiSubscriber<List<GenerationEvent>> {

    /** Withdraws the generation because the client has left. Must not be called before the subscription. */
    void cancel();
}
