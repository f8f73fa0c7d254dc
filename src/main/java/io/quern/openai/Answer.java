package io.quern.openai;

import io.quern.generation.GenerationEvent;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import java.util.List;

/** Takes a generation's events to the client. */
interface Answer extends MultiSubscriber<List<GenerationEvent>> {

    /** The client is gone. Only after the subscription. */
    void cancel();
}
