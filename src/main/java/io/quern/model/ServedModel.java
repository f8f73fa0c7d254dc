package io.quern.model;

import io.quern.generation.Prompt;
import io.quern.home.QuernHome;
import io.quern.log.KeyedLog;
import io.quern.settings.Problems;
import io.quern.store.ModelStore;
import io.quern.text.Printable;
import io.quern.tools.AnswerFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A model that this engine serves. Call {@link #open} before anything else; after that any thread may use it.
 */
public final class ServedModel {
    private static final KeyedLog LOG = KeyedLog.of(ServedModel.class);
    private static final String EXTENSION = ".gguf";

    private final ModelConfig config;
    private final TemplateConfig templateConfig;
    private final ModelStore store;
    private volatile @Nullable Opened opened;
    private volatile @Nullable AnswerFormat format;
    private volatile @Nullable AnswerFormat formatWithTools;

    /** @param chatTemplate parsed by the first thread that needs it */
    private record Opened(
            Path file, String id, Instant created, GgufMetadata metadata, FutureTask<ChatTemplate> chatTemplate) {}

    public ServedModel(ModelConfig config, TemplateConfig templateConfig, ModelStore store) {
        this.config = config;
        this.templateConfig = templateConfig;
        this.store = store;
    }

    /**
     * Reads the metadata of the model's file. Blocks on the disk.
     *
     * @throws ModelFileException if there is no model that can be served; the message says what to do
     * @throws io.quern.store.StoreException if the model has not been downloaded
     */
    public synchronized void open(Supplier<QuernHome> home) {
        if (opened != null) {
            return;
        }
        // checked here too, because commands open the model without starting an engine
        Problems problems = new Problems();
        TemplateSettings.check(templateConfig, problems);
        problems.refuse();
        // the mark stays until this process ends
        Path file = ModelLocation.find(config.model(), store, home).file();
        GgufMetadata metadata = GgufMetadata.read(file);
        ServableModel.check(file, metadata);
        opened = new Opened(
                file, id(file), modified(file), metadata, new FutureTask<>(() -> template(metadata, id(file))));
        List<String> unusable = metadata.recommendedSampling().unusable();
        if (!unusable.isEmpty()) {
            LOG.model(id(file))
                    .warnf(
                            "the file recommends sampling that no request may ask for, which is ignored: %s",
                            String.join(", ", unusable));
        }
    }

    /**
     * Parses the chat template and renders it once, so that no client waits for the first rendering. An unusable
     * template is logged, and reported to each chat request; text completions do not need one. Blocks.
     */
    public void prepareChats() {
        try {
            template().warmUp();
        } catch (ChatTemplateException e) {
            LOG.debugf("The chat template cannot be used: %s", e.getMessage());
        }
    }

    private ChatTemplate template(GgufMetadata metadata, String id) {
        try {
            return ChatTemplate.of(metadata, templateConfig, Clock.systemDefaultZone());
        } catch (ChatTemplateException e) {
            LOG.model(id).warnf("chats will be refused: %s", e.getMessage());
            throw e;
        }
    }

    private ChatTemplate template() {
        FutureTask<ChatTemplate> template = opened().chatTemplate();
        template.run();
        try {
            return template.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ChatTemplateException problem) {
                throw problem;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while the model's chat template was parsed", e);
        }
    }

    /** Returns whether {@link #open} has succeeded. */
    public boolean isOpen() {
        return opened != null;
    }

    /** Returns the absolute path of the model's file. */
    public Path file() {
        return opened().file();
    }

    /** Returns the name that clients use for the model. */
    public String id() {
        return opened().id();
    }

    /** Returns the time at which the file was last modified. */
    public Instant created() {
        return opened().created();
    }

    public GgufMetadata metadata() {
        return opened().metadata();
    }

    /**
     * Creates the prompt that the assistant's next message continues. Blocks for at most {@code quern.template.timeout}
     * plus half a second, so it must not run on an event loop.
     *
     * @throws ChatTemplateException if the model's template fails or refuses the messages
     */
    public Prompt.Text renderChat(List<ChatMessage> messages) {
        return renderChat(messages, PromptEnd.NEXT_MESSAGE);
    }

    /** Renders a conversation whose prompt ends in another way, see {@link #renderChat(List)}. */
    public Prompt.Text renderChat(List<ChatMessage> messages, PromptEnd end) {
        return template().render(messages, end);
    }

    /**
     * Creates the prompt like {@link #renderChat(List)}.
     *
     * @throws ChatTemplateException if the model's template fails or refuses the conversation
     */
    public Prompt.Text renderChat(Conversation conversation) {
        return template().render(conversation);
    }

    /**
     * Returns what the text of the model's answers to chats means. The first call may block like {@link #renderChat}.
     *
     * @param tools whether the model may call tools
     * @throws ChatTemplateException if the model's template cannot be used
     */
    public AnswerFormat answerFormat(boolean tools) {
        AnswerFormat known = tools ? formatWithTools : format;
        if (known == null) {
            known = template().format(config.toolParser(), config.reasoningParser(), tools);
            if (tools) {
                formatWithTools = known;
            } else {
                format = known;
            }
        }
        return known;
    }

    private Opened opened() {
        Opened model = opened;
        if (model == null) {
            throw new IllegalStateException("The model is not open yet");
        }
        return model;
    }

    private String id(Path file) {
        String name = SplitFile.nameOfWhole(file.getFileName().toString());
        // the name appears in logs, metrics and answers, and clients write it
        return Printable.line(config.modelName()
                .orElse(name.endsWith(EXTENSION) ? name.substring(0, name.length() - EXTENSION.length()) : name));
    }

    private static Instant modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            throw new ModelFileException(file, "it cannot be read (" + e.getMessage() + ")", "Check the disk", e);
        }
    }
}
