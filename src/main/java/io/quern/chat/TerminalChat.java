package io.quern.chat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quern.client.ClientException;
import io.quern.client.Message;
import io.quern.files.PrivateFolder;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReader.Option;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Terminal;

/** Reads messages and slash commands from a terminal until the user leaves. */
public final class TerminalChat {
    private static final String CONTEXT_IS_FULL = "context";
    private static final int BAD_REQUEST = 400;
    private static final String PROMPT = ">>> ";
    private static final String NEXT_LINE = "... ";
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final Terminal terminal;
    private final Chat chat;
    private final Screen screen;
    private final BooleanSupplier serviceRuns;
    private final LineReader reader;

    /**
     * @param history a private file that keeps what was typed, or empty
     * @param serviceRuns whether the service can still answer; the chat ends when it cannot
     */
    public TerminalChat(
            Terminal terminal, Chat chat, Screen screen, Optional<Path> history, BooleanSupplier serviceRuns) {
        this.terminal = terminal;
        this.chat = chat;
        this.screen = screen;
        this.serviceRuns = serviceRuns;
        LineReaderBuilder builder = LineReaderBuilder.builder()
                .terminal(terminal)
                .appName("quern")
                .parser(new MessageParser())
                .completer(new StringsCompleter(SlashCommand.NAMES))
                .variable(LineReader.SECONDARY_PROMPT_PATTERN, NEXT_LINE)
                // an exclamation mark is only a character
                .option(Option.DISABLE_EVENT_EXPANSION, true)
                // what begins with a space is not kept
                .option(Option.HISTORY_IGNORE_SPACE, true)
                .option(Option.INSERT_TAB, false);
        history.ifPresent(file -> builder.variable(LineReader.HISTORY_FILE, file));
        reader = builder.build();
    }

    /**
     * Runs the chat.
     *
     * @return whether the user has left, and not the service
     */
    public boolean run() throws InterruptedException {
        terminal.handle(Terminal.Signal.INT, signal -> chat.stop());
        while (true) {
            String typed;
            chat.ready();
            try {
                typed = reader.readLine(PROMPT);
            } catch (UserInterruptException e) {
                if (e.getPartialLine() == null || e.getPartialLine().isBlank()) {
                    screen.note("Press Ctrl-D or type /bye to leave.");
                }
                continue;
            } catch (EndOfFileException e) {
                return true;
            }
            // before it is stripped: a space before the slash makes it a message
            Optional<SlashCommand> command = SlashCommand.of(typed);
            if (command.isPresent()) {
                if (!obey(command.get())) {
                    return true;
                }
            } else if (!Typed.text(typed).isBlank()) {
                switch (chat.ask(Typed.text(typed))) {
                    case Chat.Outcome.Answered answered -> {}
                    case Chat.Outcome.Stopped() -> screen.note("(stopped)");
                    case Chat.Outcome.Failed(ClientException why) -> {
                        screen.problem(advised(why));
                        if (!serviceRuns.getAsBoolean()) {
                            return false;
                        }
                    }
                }
            }
        }
    }

    private static String advised(ClientException e) {
        String message = e.text();
        return e.status() == BAD_REQUEST && message.toLowerCase(Locale.ROOT).contains(CONTEXT_IS_FULL)
                ? message + "\nThe conversation may be too long. /clear begins another one."
                : message;
    }

    /** @return false if the user leaves */
    private boolean obey(SlashCommand command) {
        switch (command) {
            case SlashCommand.Bye() -> {
                return false;
            }
            case SlashCommand.Help() -> screen.note(String.join("\n", SlashCommand.HELP));
            case SlashCommand.Clear() -> {
                chat.clear();
                screen.note("The conversation is forgotten.");
            }
            case SlashCommand.ShowOptions() ->
                screen.note(String.join("\n", chat.options().lines()));
            case SlashCommand.Set(String name, String value) -> {
                try {
                    chat.use(chat.options().with(name, value));
                } catch (IllegalArgumentException e) {
                    screen.problem(String.valueOf(e.getMessage()));
                }
            }
            case SlashCommand.SystemMessage(String text) -> {
                chat.use(chat.options().withSystem(text.isEmpty() ? null : text));
                screen.note(text.isEmpty() ? "There is no system message now." : "The system message is set.");
            }
            case SlashCommand.Save(String file) -> save(file);
            case SlashCommand.Wrong(String advice) -> screen.problem(advice);
        }
        return true;
    }

    private void save(String file) {
        try {
            Path target = Path.of(file).toAbsolutePath();
            PrivateFolder.write(target, json(chat.model(), chat.messages()));
            screen.note("Saved to " + target + ".");
        } catch (IOException | InvalidPathException e) {
            screen.problem("Cannot write " + file + ": " + e.getMessage());
        }
    }

    /** Returns the conversation in the form of a request, so that it can be sent again. */
    static String json(String model, List<Message> messages) {
        ObjectNode json = MAPPER.createObjectNode().put("model", model);
        var array = json.putArray("messages");
        messages.forEach(one -> array.addObject().put("role", one.role()).put("content", one.content()));
        return json.toPrettyString() + "\n";
    }
}
