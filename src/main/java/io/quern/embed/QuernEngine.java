package io.quern.embed;

import io.quern.admission.Admission;
import io.quern.admission.Generation;
import io.quern.admission.Submission;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationException;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.SamplingOptions;
import io.quern.model.ChatMessage;
import io.quern.model.ChatTemplateException;
import io.quern.model.ServedModel;
import io.quern.policy.Decision;
import io.quern.pool.PoolView;
import io.quern.pool.WorkerPool;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The engine, for the application that embeds it. Its workers start with the application and end with it.
 *
 * <p>All methods return at once and may be called from any thread: an event loop, a worker thread, a virtual thread,
 * the main thread. Nothing happens before a Uni or Multi is subscribed to, and each subscription is a request of its
 * own. Results come on the caller's event loop or, where it has none, on one of Vert.x': what is done with them there
 * must not block.
 *
 * <p>Requests that cannot be served fail with {@link GenerationException}, whose error says why: the model is still
 * loading, the queue is full, a worker was lost... Cancelling withdraws a request, queued or running, and frees its
 * slot within one step.
 */
@ApplicationScoped
public class QuernEngine {
    private final Admission admission;
    private final WorkerPool pool;
    private final ServedModel model;
    private final Vertx vertx;
    private final Readiness readiness;

    @Inject
    QuernEngine(Admission admission, WorkerPool pool, ServedModel model, Vertx vertx) {
        this.admission = admission;
        this.pool = pool;
        this.model = model;
        this.vertx = vertx;
        readiness = new Readiness(admission::refusal, vertx);
        pool.onChange(readiness::look);
    }

    /** Completes when requests are taken: the model is loaded. Fails if that will not come, as no worker can run. */
    public Uni<Void> whenReady() {
        return readiness.reached();
    }

    /**
     * Answers one question, greedily: the same text each time.
     *
     * @return the whole answer, at most as long as the model's context
     */
    public Uni<String> answer(String question) {
        return chat(List.of(new ChatMessage("user", question)), SamplingOptions.greedy(), 0)
                .filter(GenerationEvent.Token.class::isInstance)
                .map(event -> ((GenerationEvent.Token) event).text())
                .collect()
                .with(Collectors.joining());
    }

    /**
     * Continues a conversation.
     *
     * @param messages as the model's chat template takes them; the last one is what is answered
     * @param maxTokens upper bound of generated tokens; 0: until the context is full
     * @return as {@link #generate}
     */
    public Multi<GenerationEvent> chat(List<ChatMessage> messages, SamplingOptions sampling, int maxTokens) {
        List<ChatMessage> conversation = List.copyOf(messages);
        return prompt(conversation)
                .onItem()
                .transformToMulti(prompt -> generate(new GenerationRequest(
                        UUID.randomUUID().toString(), prompt, sampling, maxTokens, List.of(), false)));
    }

    /** Writes a conversation as the model's chat template does, for a {@link GenerationRequest} of one's own. */
    public Uni<Prompt> prompt(List<ChatMessage> messages) {
        return Uni.createFrom()
                .deferred(() -> admission
                        .refusal() // before the pool starts there is no template yet
                        .map(error -> Uni.createFrom().<Prompt>failure(new GenerationException(error)))
                        .orElseGet(() -> render(messages)))
                .onFailure(ChatTemplateException.class)
                .transform(failure -> new GenerationException(errorOf((ChatTemplateException) failure)));
    }

    /**
     * Generates.
     *
     * @return tokens, and at last one {@link GenerationEvent.Finished}. What goes wrong, before the first token or
     *     behind it, is the Multi's failure; a {@link GenerationEvent.Failed} does not come. Tokens for a slow
     *     subscriber are merged, and beyond {@code quern.admission.stream-buffer} the request fails.
     */
    public Multi<GenerationEvent> generate(GenerationRequest request) {
        return submit(request)
                .onItem()
                .transformToMulti(Generation::events)
                .onItem()
                .<GenerationEvent>disjoint()
                .map(QuernEngine::orFailure);
    }

    /**
     * Generates, and tells when the worker has accepted the prompt. This is the stream that Quern's own REST endpoints
     * write: batches of events, the last of which is Finished or Failed.
     *
     * @return a generation whose events have to be subscribed to: until its end it holds a slot
     */
    public Uni<Generation> submit(GenerationRequest request) {
        return submit(Submission.of(request));
    }

    /**
     * As {@link #submit(GenerationRequest)}, with a time-out, a client that takes turns with others, or a listener to
     * the place in the queue.
     */
    public Uni<Generation> submit(Submission submission) {
        return admission.submit(submission);
    }

    /** What clients call the model. */
    public String model() {
        return model.id();
    }

    /** The workers, as they are at this moment. */
    public PoolView pool() {
        return pool.view();
    }

    /** How workers are started, and why so; null before the pool has started, which is while the application starts. */
    public Decision decision() {
        return pool.decision();
    }

    /** Off the event loop, as a template may take its time; back on it, as the caller may live there. */
    private Uni<Prompt> render(List<ChatMessage> messages) {
        Context caller = vertx.getOrCreateContext();
        return Uni.createFrom().completionStage(() -> caller.executeBlocking(() -> model.renderChat(messages), false)
                .toCompletionStage());
    }

    private static GenerationError errorOf(ChatTemplateException failure) {
        return switch (failure.kind()) {
            case REFUSED -> new GenerationError.InvalidRequest("messages", String.valueOf(failure.getMessage()));
            case FAILED -> new GenerationError.Internal(String.valueOf(failure.getMessage()));
        };
    }

    private static GenerationEvent orFailure(GenerationEvent event) {
        if (event instanceof GenerationEvent.Failed(GenerationError error)) {
            throw new GenerationException(error);
        }
        return event;
    }
}
