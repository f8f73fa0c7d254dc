package io.quern.embed;

import io.quern.admission.Generation;
import io.quern.admission.Submission;
import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationException;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.SamplingOptions;
import io.quern.model.ChatMessage;
import io.quern.policy.Decision;
import io.quern.pool.PoolView;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The engine, as an application that embeds it uses it. Its workers start and end with the application.
 *
 * <p>All methods return at once and may be called from any thread: an event loop, a worker thread, a virtual thread or
 * the main thread. Nothing happens until the caller subscribes to the Uni or Multi, and each subscription is a new
 * request. Results arrive on the caller's event loop, or on one of Vert.x' if the caller has none. Code that handles
 * them there must not block.
 *
 * <p>A request that cannot be served fails with {@link GenerationException}, whose error says why: the model is still
 * loading, the queue is full, a worker was lost... Cancelling withdraws a queued or running request, and frees its slot
 * within one step.
 */
@ApplicationScoped
public class QuernEngine {
    private final ModelCatalog catalog;
    private final Vertx vertx;
    private final Readiness readiness;
    private final QuernModel standard;
    private final Map<HostedModel, Readiness> ofModels = new ConcurrentHashMap<>();

    @Inject
    QuernEngine(ModelCatalog catalog, Vertx vertx) {
        this.catalog = catalog;
        this.vertx = vertx;
        standard = new QuernModel(this::byDefault, this::readinessOf, vertx);
        readiness = new Readiness(catalog::refusal, vertx);
        catalog.onChange(readiness::look);
    }

    /**
     * Completes when the engine accepts requests: when its model or, of several, all pinned ones are loaded. Fails if
     * that will never happen because no worker can run.
     */
    public Uni<Void> whenReady() {
        return readiness.reached();
    }

    /**
     * Answers one question with greedy sampling, which gives the same text each time.
     *
     * @return the whole answer, limited only by the model's context
     */
    public Uni<String> answer(String question) {
        return standard.answer(question);
    }

    /**
     * Continues a conversation.
     *
     * @param messages as the model's chat template accepts them; the answer follows the last one
     * @param maxTokens upper bound of generated tokens; 0: until the context is full
     * @return the events, as from {@link #generate}
     */
    public Multi<GenerationEvent> chat(List<ChatMessage> messages, SamplingOptions sampling, int maxTokens) {
        return standard.chat(messages, sampling, maxTokens);
    }

    /** Renders a conversation with the model's chat template, for a {@link GenerationRequest} of the caller's own. */
    public Uni<Prompt> prompt(List<ChatMessage> messages) {
        return standard.prompt(messages);
    }

    /**
     * Generates tokens for a request.
     *
     * @return tokens, followed by one {@link GenerationEvent.Finished}. An error, before or after the first token, is
     *     the Multi's failure, so there is never a {@link GenerationEvent.Failed}. Tokens for a slow subscriber are
     *     merged, and the request fails if they exceed {@code quern.admission.stream-buffer}.
     */
    public Multi<GenerationEvent> generate(GenerationRequest request) {
        return standard.generate(request);
    }

    /**
     * Generates tokens for a request, and completes when the worker has accepted the prompt. Quern's own REST endpoints
     * use this stream: batches of events, of which the last event is Finished or Failed.
     *
     * @return a generation; it holds a slot until its end, so its events must be subscribed to
     */
    public Uni<Generation> submit(GenerationRequest request) {
        return standard.submit(request);
    }

    /**
     * Submits a request like {@link #submit(GenerationRequest)}, with a timeout, a client that takes turns with others,
     * or a listener to its position in the queue.
     */
    public Uni<Generation> submit(Submission submission) {
        return standard.submit(submission);
    }

    /**
     * Returns one of several models. It is looked up when a request is made, which fails with
     * {@link GenerationException} if there is no such model.
     *
     * @param name a name or alias of the model; null for the default one
     */
    public QuernModel model(@Nullable String name) {
        if (name == null) {
            return standard;
        }
        return new QuernModel(
                () -> catalog.named(name)
                        .orElseThrow(() -> new GenerationException(new GenerationError.InvalidRequest(
                                "model",
                                "The model " + name + " does not exist. Similar ones are "
                                        + String.join(", ", catalog.similar(name)) + "."))),
                this::readinessOf,
                vertx);
    }

    /** Returns the names of all models. */
    public List<String> models() {
        return catalog.all().stream().map(HostedModel::name).toList();
    }

    /** Returns the name by which clients know the model, of several that of the default or first one. */
    public String model() {
        return catalog.first().name();
    }

    /** Returns the present state of the workers of all models. */
    public PoolView pool() {
        return catalog.view();
    }

    /**
     * Returns how workers are started and why, or null while the application starts and the pool has not started yet.
     * With several models, it is that of the default or first one.
     */
    public Decision decision() {
        return catalog.first().pool().decision();
    }

    private Readiness readinessOf(HostedModel model) {
        return ofModels.computeIfAbsent(model, one -> {
            Readiness ofOne = new Readiness(() -> one.admission().refusal(), vertx);
            one.pool().onChange(ofOne::look);
            return ofOne;
        });
    }

    private HostedModel byDefault() {
        return catalog.byDefault()
                .orElseThrow(() -> new GenerationException(new GenerationError.InvalidRequest(
                        "model",
                        "This engine has several models and no default: use QuernEngine.model(NAME), or set"
                                + " quern.catalog.default-model.")));
    }
}
