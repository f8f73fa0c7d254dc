package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.boot.Assumptions;
import io.quern.boot.BootPlan;
import io.quern.boot.MemoryPlan;
import io.quern.boot.WorkersWanted;
import io.quern.home.QuernHome;
import io.quern.model.ChatMessage;
import io.quern.model.ChatTemplateException;
import io.quern.model.GgufMetadata;
import io.quern.model.ModelFileException;
import io.quern.model.ServedModel;
import io.quern.settings.ByteFormat;
import io.quern.store.ModelReference;
import io.quern.store.StoredModel;
import io.quern.tools.AnswerFormat;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what is in a model file, and how it would run on this machine. Starts no worker. */
@RegisterForReflection(
        targets = {ModelReport.class, ModelReport.Chat.class, ModelReport.Memory.class, StoredModelView.class})
@Command(
        name = "show",
        description = "Shows what a model is and how it would run on this machine.",
        exitCodeList = {
            "0:the model was read",
            "1:the store cannot be read",
            "2:the command line is wrong",
            "4:there is no such model on this machine",
            "8:the file is damaged or no model"
        },
        footer = {
            "  ${COMMAND-FULL-NAME} demo",
            "  ${COMMAND-FULL-NAME} /models/model.gguf",
            "  ${COMMAND-FULL-NAME} hf:OWNER/REPO:Q4_K_M --template",
            "  ${COMMAND-FULL-NAME} model.gguf --json | jq .memory.fits"
        })
final class Show implements Callable<Integer> {
    @Mixin
    CommonOptions common;

    @Parameters(paramLabel = "MODEL", description = "demo, a GGUF file, or the name of a downloaded model.")
    String name;

    @Option(names = "--json", description = "Prints one JSON object.")
    boolean json;

    @Option(names = "--template", description = "Prints only the chat template of the model.")
    boolean template;

    @Override
    public Integer call() {
        Output out = common.output(json);
        Settings settings = Settings.read();
        Located located = located(settings);
        ServedModel model = settings.otherModel(located.path());
        String problem = problem(model, settings);
        GgufMetadata metadata = problem == null ? model.metadata() : GgufMetadata.read(Path.of(located.path()));
        if (template) {
            out.text(metadata.chatTemplate()
                            .orElseThrow(() -> new CommandFailure(
                                    ExitCode.NOT_FOUND, "The model " + name + " contains no chat template."))
                    + "\n");
            return ExitCode.DONE.number();
        }
        ModelReport report = ModelReport.of(
                located.name(),
                problem == null ? model.file() : Path.of(located.path()).toAbsolutePath(),
                metadata,
                new ModelReport.Parts(
                        problem,
                        problem == null ? chat(model) : null,
                        problem == null ? memory(settings, model) : null,
                        located.stored().map(StoredModelView::of).orElse(null)));
        if (json) {
            out.write(report);
        } else {
            print(report, out);
        }
        return ExitCode.DONE.number();
    }

    /**
     * A model on this machine.
     *
     * @param name as the user wrote it, or the exact name of a downloaded model
     * @param path of its file, or {@code demo}
     */
    private record Located(String name, String path, Optional<StoredModel> stored) {}

    private Located located(Settings settings) {
        return switch (ModelReference.parse(name)) {
            case ModelReference.Demo demo -> new Located(name, demo.toString(), Optional.empty());
            case ModelReference.LocalFile file ->
                new Located(name, ModelNames.existing(file).toString(), Optional.empty());
            case ModelReference.Remote remote -> {
                StoredModel found = settings.modelStore().require(remote);
                yield new Located(found.reference().toString(), found.file().toString(), Optional.of(found));
            }
        };
    }

    /** Opens the model. Returns why it cannot be served although it can be read, or null. */
    private static @Nullable String problem(ServedModel model, Settings settings) {
        try {
            model.open(() -> QuernHome.locate(settings.home()));
            return null;
        } catch (ModelFileException e) {
            return e.getMessage();
        }
    }

    private static ModelReport.Chat chat(ServedModel model) {
        Optional<String> source = model.metadata().chatTemplate();
        String text = source.orElse("");
        ChatMessage question = new ChatMessage("user", "question");
        String problem = null;
        AnswerFormat answers = null;
        try {
            model.renderChat(List.of(question));
            answers = model.answerFormat(true);
        } catch (ChatTemplateException e) {
            problem = e.getMessage();
        }
        return new ModelReport.Chat(
                source.isPresent() ? "model" : "ChatML",
                // some templates pass over what they do not know
                renders(model, "be brief", List.of(new ChatMessage("system", "be brief"), question)),
                renders(model, "an answer", List.of(question, new ChatMessage("assistant", "an answer"), question)),
                text.contains("tools"),
                text.contains("<think>") || text.contains("enable_thinking") || text.contains("reasoning"),
                answers == null ? null : answers.calls().toString(),
                answers == null ? null : answers.reasoning().toString(),
                problem);
    }

    private static boolean renders(ServedModel model, String words, List<ChatMessage> messages) {
        try {
            return model.renderChat(messages).text().contains(words);
        } catch (ChatTemplateException e) {
            return false;
        }
    }

    private static ModelReport.@Nullable Memory memory(Settings settings, ServedModel model) {
        var pool = settings.pool();
        BootPlan plan = settings.planner(model)
                .report(new WorkersWanted(pool.workers(), pool.standbys(), pool.memoryCheck()), Assumptions.NONE);
        Optional<MemoryPlan> memory = plan.memory().found();
        return memory.map(ModelReport.Memory::of).orElse(null);
    }

    private static void print(ModelReport report, Output out) {
        out.line(out.bold(report.name()));
        line(out, "file", report.file() + " (" + ByteFormat.of(report.bytes()) + ")");
        line(out, "title", report.title());
        line(out, "architecture", report.architecture());
        line(out, "parameters", count(report.parameters()));
        line(out, "quantisation", report.quantisation());
        line(out, "context", report.contextLength() == null ? null : report.contextLength() + " tokens");
        line(out, "layers", report.layers());
        line(out, "embedding", report.embeddingLength());
        line(out, "vocabulary", report.vocabulary());
        line(out, "sampling", report.sampling());
        StoredModelView stored = report.stored();
        if (stored != null) {
            line(out, "sha256", stored.sha256() + (stored.verified() ? " (verified)" : " (the server named none)"));
            line(out, "commit", stored.commit());
            line(out, "downloaded", stored.pulledAt());
        }
        ModelReport.Chat chat = report.chat();
        if (chat != null) {
            line(
                    out,
                    "chat template",
                    chat.problem() != null
                            ? out.bad("unusable: ") + chat.problem()
                            : (chat.source().equals("model") ? "" : "none, ChatML is used; ")
                                    + String.join(", ", report.abilities()));
        }
        ModelReport.Memory memory = report.memory();
        if (memory != null) {
            line(out, "memory", (memory.fits() ? out.good("fits: ") : out.bad("does not fit: ")) + memory.text());
        }
        if (report.problem() != null) {
            line(out, "served", out.bad("no: ") + report.problem());
        }
    }

    private static void line(Output out, String name, @Nullable Object value) {
        if (value != null) {
            out.line("%-14s %s".formatted(name, value));
        }
    }

    private static String count(long number) {
        if (number >= 1_000_000_000) {
            return String.format(Locale.ROOT, "%.1f billion", number / 1e9).replace(".0 ", " ");
        }
        return number >= 1_000_000 ? Math.round(number / 1e6) + " million" : Long.toString(number);
    }
}
