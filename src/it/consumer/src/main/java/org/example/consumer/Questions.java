package org.example.consumer;

import io.quern.embed.QuernEngine;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * Answers a question on each kind of thread that an endpoint can run on. Reports the threads if they are not as
 * expected.
 */
@Path("/ask")
public class Questions {
    @Inject
    QuernEngine engine;

    @GET
    @Path("/event-loop")
    public Uni<String> eventLoop(@RestQuery String question) {
        String caller = Thread.currentThread().getName();
        return engine.answer(question)
                .map(answer -> caller.equals(Thread.currentThread().getName())
                        ? answer
                        : "asked on " + caller + ", answered on "
                                + Thread.currentThread().getName());
    }

    @GET
    @Blocking
    @Path("/worker-thread")
    public String workerThread(@RestQuery String question) {
        return engine.answer(question).await().indefinitely();
    }

    @GET
    @RunOnVirtualThread
    @Path("/virtual-thread")
    public String virtualThread(@RestQuery String question) {
        if (!Thread.currentThread().isVirtual()) {
            return "asked on " + Thread.currentThread();
        }
        return engine.answer(question).await().indefinitely();
    }
}
