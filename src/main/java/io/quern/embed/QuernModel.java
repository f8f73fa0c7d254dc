package io.quern.embed;

import io.quern.admission.Generation;
import io.quern.admission.Submission;
import io.quern.catalog.HostedModel;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationException;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.SamplingOptions;
import io.quern.model.ChatMessage;
import io.quern.model.ChatTemplateException;
import io.quern.policy.Decision;
import io.quern.pool.PoolView;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One model of the engine, as an application that embeds it uses it. The methods behave like those of
 * {@link QuernEngine}. If the model is not in memory, its first request loads it, and waits for that.
 */
public final class QuernModel {
    private final Supplier<HostedModel> selected;
    private final Function<HostedModel, Readiness> readiness;
    private final Vertx vertx;

    /**
     * @param selected finds the model when a request is made; throws {@link GenerationException} if there is none
     * @param readiness returns the list of those who wait until a model is ready
     */
    QuernModel(Supplier<HostedModel> selected, Function<HostedModel, Readiness> readiness, Vertx vertx) {
        this.selected = selected;
        this.readiness = readiness;
        this.vertx = vertx;
    }

    /**
     * Completes when the engine accepts requests to the model. Fails if that will never happen because no worker can
     * run.
     */
    public Uni<Void> whenReady() {
        return Uni.createFrom().deferred(() -> readiness.apply(selected.get()).reached());
    }

    /**
     * Answers one question with greedy sampling, which gives the same text each time.
     *
     * @return the whole answer, limited only by the model's context
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
     * @param messages as the model's chat template accepts them; the answer follows the last one
     * @param maxTokens upper bound of generated tokens; 0: until the context is full
     * @return the events, as from {@link #generate}
     */
    public Multi<GenerationEvent> chat(List<ChatMessage> messages, SamplingOptions sampling, int maxTokens) {
        List<ChatMessage> conversation = List.copyOf(messages);
        return prompt(conversation)
                .onItem()
                .transformToMulti(prompt -> generate(new GenerationRequest(
                        UUID.randomUUID().toString(), prompt, sampling, maxTokens, List.of(), false)));
    }

    /** Renders a conversation with the model's chat template, for a {@link GenerationRequest} of the caller's own. */
    public Uni<Prompt> prompt(List<ChatMessage> messages) {
        return Uni.createFrom()
                .deferred(() -> selected.get()
                        .admission()
                        .refusal() // there is no template before the pool starts
                        .map(error -> Uni.createFrom().<Prompt>failure(new GenerationException(error)))
                        .orElseGet(() -> render(messages)))
                .onFailure(ChatTemplateException.class)
                .transform(failure -> new GenerationException(errorOf((ChatTemplateException) failure)));
    }

    /**
     * Generates tokens for a request.
     *
     * @return tokens, followed by one {@link GenerationEvent.Finished}. An error, before or after the first token, is
     *     the Multi's failure, so there is never a {@link GenerationEvent.Failed}. Tokens for a slow subscriber are
     *     merged, and the request fails if they exceed {@code quern.admission.stream-buffer}.
     */
    public Multi<GenerationEvent> generate(GenerationRequest request) {
        return submit(request)
                .onItem()
                .transformToMulti(Generation::events)
                .onItem()
                .<GenerationEvent>disjoint()
                .map(QuernModel::orFailure);
    }

    /**
     * Generates tokens for a request, and completes when the worker has accepted the prompt. Quern's own REST endpoints
     * use this stream: batches of events, of which the last event is Finished or Failed.
     *
     * @return a generation; it holds a slot until its end, so its events must be subscribed to
     */
    public Uni<Generation> submit(GenerationRequest request) {
        return submit(Submission.of(request));
    }

    /**
     * Submits a request like {@link #submit(GenerationRequest)}, with a timeout, a client that takes turns with others,
     * or a listener to its position in the queue.
     */
    public Uni<Generation> submit(Submission submission) {
        return Uni.createFrom().deferred(() -> selected.get().admission().submit(submission));
    }

    /** Returns the name by which clients know the model. */
    public String name() {
        return selected.get().name();
    }

    /** Returns the present state of the model's workers. */
    public PoolView pool() {
        return selected.get().pool().view();
    }

    /** Returns how the model's workers are started and why, or null if they were never started. */
    public @Nullable Decision decision() {
        return selected.get().pool().decision();
    }

    /** Renders off the event loop, because a template may take long, and returns to the caller's event loop. */
    private Uni<Prompt> render(List<ChatMessage> messages) {
        Context caller = vertx.getOrCreateContext();
        return Uni.createFrom().completionStage(() -> caller.<Prompt>executeBlocking(
                        () -> selected.get().model().renderChat(messages), false)
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
