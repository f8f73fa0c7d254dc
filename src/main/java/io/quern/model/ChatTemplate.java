package io.quern.model;

import io.quarkus.runtime.configuration.MemorySize;
import io.quern.generation.Prompt;
import io.quern.jinja.JinjaTemplate;
import io.quern.jinja.Limits;
import io.quern.jinja.TemplateException;
import io.quern.tools.AnswerFormat;
import io.quern.tools.CallFormat;
import io.quern.tools.ReasoningFormat;
import io.quern.tools.ToolUse;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** A model's chat template, which turns a conversation into a prompt. Parsed once; any number of threads may use it. */
public final class ChatTemplate {
    /** The format that a model without a template of its own most likely understands. */
    static final String CHATML = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n"
            + "' + message['content'] + '<|im_end|>\\n"
            + "' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n"
            + "' }}{% endif %}";

    /** Added to the deadline at which a rendering ends itself. A rendering that exceeds both is abandoned. */
    private static final Duration GRACE = Duration.ofMillis(500);

    private static final long MAX_SHARE = 512L << 20;

    private static final Logger LOG = Logger.getLogger(ChatTemplate.class);

    private final String source;
    private final JinjaTemplate template;
    private final String bosToken;
    private final String eosToken;
    private final Limits limits;
    private final RenderThreads threads;
    private final Clock clock;
    private volatile @Nullable TemplateAbilities abilities;

    private ChatTemplate(String source, String bosToken, String eosToken, TemplateConfig config, Clock clock) {
        this.source = source;
        this.template = JinjaTemplate.parse(source);
        this.bosToken = bosToken;
        this.eosToken = eosToken;
        Runtime machine = Runtime.getRuntime();
        int count = Math.min(config.threads(), machine.availableProcessors());
        this.limits = new Limits(
                config.timeout(),
                config.maxOutput(),
                config.maxSteps(),
                config.maxMemory().map(MemorySize::asLongValue).orElse(share(machine.maxMemory(), count)));
        this.threads = new RenderThreads(count);
        this.clock = clock;
    }

    /**
     * Returns the memory limit of one rendering, in bytes, if none is configured.
     *
     * @param heap size of the heap in bytes
     * @param threads how many renderings run at once
     */
    static long share(long heap, int threads) {
        return Math.min(MAX_SHARE, heap / 4 / threads);
    }

    /**
     * Parses the template in the model file, or ChatML if there is none.
     *
     * @throws ChatTemplateException if it cannot be parsed
     */
    static ChatTemplate of(GgufMetadata model, TemplateConfig config, Clock clock) {
        return parse(model.chatTemplate().orElse(CHATML), model.bosToken(), model.eosToken(), config, clock);
    }

    static ChatTemplate parse(
            String template, Optional<String> bosToken, Optional<String> eosToken, TemplateConfig config, Clock clock) {
        try {
            return new ChatTemplate(template, bosToken.orElse(""), eosToken.orElse(""), config, clock);
        } catch (TemplateException e) {
            throw failed(e);
        }
    }

    /**
     * Creates the prompt that the assistant's next message continues. Blocks for at most {@code quern.template.timeout}
     * plus half a second, so it must not run on an event loop.
     *
     * @throws ChatTemplateException if the template fails or refuses the messages; a partial prompt is never returned
     */
    public Prompt.Text render(List<ChatMessage> messages) {
        return render(messages, PromptEnd.NEXT_MESSAGE);
    }

    /** Creates a prompt that ends in another way, see {@link #render(List)}. */
    public Prompt.Text render(List<ChatMessage> messages, PromptEnd end) {
        return render(new Conversation(messages, ToolUse.NONE, Map.of(), end));
    }

    /**
     * Creates the prompt like {@link #render(List)}. If the template does not know tools, the prompt describes them in
     * words.
     *
     * @throws ChatTemplateException if the template fails or refuses the conversation
     */
    public Prompt.Text render(Conversation conversation) {
        if (!conversation.usesTools()) {
            return prompt(conversation, TemplateAbilities.CallStyle.USUAL);
        }
        TemplateAbilities able = abilities();
        return able.tools()
                ? prompt(conversation, able.calls())
                : prompt(FallbackConversation.of(conversation, able.systemMessages()), able.calls());
    }

    /**
     * Returns the format in which the model answers.
     *
     * @param tools whether it may call tools. Only then does it matter whether the template knows them
     */
    AnswerFormat format(CallFormat calls, ReasoningFormat reasoning, boolean tools) {
        CallFormat known = calls != CallFormat.AUTO || !tools || abilities().tools() ? calls : CallFormat.JSON;
        return AnswerFormat.of(source, known, reasoning);
    }

    /**
     * Returns what the template can do with tools. The first call renders some short conversations.
     *
     * @throws ChatTemplateException if they took too long; the next call tries again
     */
    TemplateAbilities abilities() {
        TemplateAbilities known = abilities;
        if (known == null) {
            known = TemplateAbilities.of(this::tryToRender);
            abilities = known;
        }
        return known;
    }

    private Prompt.Text prompt(Conversation conversation, TemplateAbilities.CallStyle style) {
        String text;
        try {
            String rendered = inTime(withTokens(TemplateVariables.of(conversation, style)));
            text = conversation.end() == PromptEnd.INSIDE_LAST_MESSAGE
                    ? open(rendered, conversation.messages().getLast())
                    : rendered;
        } catch (ChatTemplateException e) {
            throw conversation.isPlain() ? e : e.causedByRequest();
        }
        boolean hasBos = !bosToken.isEmpty() && text.startsWith(bosToken);
        return new Prompt.Text(text, !hasBos);
    }

    private Map<String, Object> withTokens(Map<String, Object> variables) {
        variables.put("bos_token", bosToken);
        variables.put("eos_token", eosToken);
        return variables;
    }

    private Optional<String> tryToRender(Map<String, Object> variables) {
        try {
            return Optional.of(inTime(withTokens(variables)));
        } catch (ChatTemplateException e) {
            if (e.isLate()) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /**
     * Cuts off what the template writes after a message. Templates may strip the text of messages, so blanks around it
     * do not count.
     */
    private static String open(String rendered, ChatMessage last) {
        String content = Objects.requireNonNullElse(last.content(), "").strip();
        int begin = content.isEmpty() ? -1 : rendered.lastIndexOf(content);
        if (begin < 0) {
            throw new ChatTemplateException(
                    ChatTemplateException.Kind.REFUSED,
                    0,
                    "The model cannot continue the last message, because its chat template does not write its text");
        }
        String whole = Objects.requireNonNull(last.content()).stripLeading();
        return rendered.substring(0, begin + (rendered.startsWith(whole, begin) ? whole.length() : content.length()));
    }

    /** Loads classes, which takes longer than a hundred renderings, so that the first client does not wait for it. */
    void warmUp() {
        try {
            render(List.of(new ChatMessage("user", "")));
        } catch (ChatTemplateException e) {
            // the template may refuse this minimal conversation; real ones report their own errors
            LOG.debugf("The chat template refused the warm-up message: %s", e.getMessage());
        }
    }

    private String inTime(Map<String, Object> variables) {
        try {
            return threads.call(
                    () -> template.render(variables, limits, clock),
                    limits.time().plus(GRACE));
        } catch (ExecutionException e) {
            throw failure(Objects.requireNonNullElse(e.getCause(), e));
        } catch (TimeoutException e) {
            throw new ChatTemplateException(
                    ChatTemplateException.Kind.FAILED,
                    0,
                    "The model's chat template took longer than "
                            + limits.time().toMillis() + " ms",
                    true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ChatTemplateException(
                    ChatTemplateException.Kind.FAILED,
                    0,
                    "Interrupted while the model's chat template was rendered",
                    true);
        }
    }

    private static RuntimeException failure(Throwable cause) {
        return switch (cause) {
            case TemplateException e
            when e.fault() == TemplateException.Fault.RAISED ->
                new ChatTemplateException(
                        ChatTemplateException.Kind.REFUSED,
                        e.line(),
                        "The model's chat template refuses these messages: " + e.getMessage() + " (line " + e.line()
                                + ")");
            case TemplateException e -> failed(e);
            case RuntimeException e -> {
                ChatTemplateException unforeseen = new ChatTemplateException(
                        ChatTemplateException.Kind.FAILED, 0, "The model's chat template could not be rendered: " + e);
                unforeseen.initCause(e);
                yield unforeseen;
            }
            case Error e -> throw e;
            default -> new IllegalStateException(cause);
        };
    }

    private static ChatTemplateException failed(TemplateException e) {
        String key = e.limit().map(limit -> " (" + key(limit) + ")").orElse("");
        return new ChatTemplateException(
                ChatTemplateException.Kind.FAILED,
                e.line(),
                "The model's chat template failed in line " + e.line() + ": " + e.getMessage() + key,
                e.limit().filter(TemplateException.Limit.TIME::equals).isPresent());
    }

    /** Returns the configuration key of the limit. */
    private static String key(TemplateException.Limit limit) {
        return switch (limit) {
            case TIME -> "quern.template.timeout";
            case CHARACTERS -> "quern.template.max-output";
            case STEPS -> "quern.template.max-steps";
            case BYTES -> "quern.template.max-memory";
        };
    }
}
