package io.quern.cli;

import io.quern.chat.Chat;
import io.quern.chat.ChatOptions;
import io.quern.chat.PlainScreen;
import io.quern.chat.Screen;
import io.quern.chat.TerminalChat;
import io.quern.chat.TerminalScreen;
import io.quern.client.ClientException;
import io.quern.engines.EngineRecords;
import io.quern.home.HomeException;
import io.quern.home.QuernHome;
import io.quern.text.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jline.terminal.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Chats with a model. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = {
            "Chats with a model in the terminal, or answers one prompt.",
            "",
            "Uses an engine that runs on this machine with the same QUERN_HOME and serves the model. If there is none, it"
                    + " starts one for itself, which ends with it.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            " 0:the prompt was answered, or the user left the chat",
            " 1:there is no answer; the message says why",
            " 2:wrong arguments",
            "130:Ctrl-C while it started, or over a pipe"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  quern run demo",
            "  quern run demo \"What is a fork server?\"",
            "  echo \"What is a slot?\" | quern run demo > answer.txt",
            "  git diff | quern run model.gguf \"Describe this change:\" -"
        })
final class Run implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int INTERRUPTED = 130;
    private static final String STANDARD_INPUT = "-";
    private static final int MAX_INPUT = 64 << 20;

    @Spec
    CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MODEL", description = "demo, a GGUF file, or a name that is served.")
    String model;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "PROMPT",
            description = "The question; - stands for standard input. Without it, standard input is the question if it"
                    + " is not a terminal; otherwise a chat begins.")
    List<String> prompt = List.of();

    @Option(names = "--url", description = "Uses this service instead, such as http://localhost:8080.")
    String url;

    @Option(names = "--private", description = "Starts an engine of its own even if another one serves the model.")
    boolean alone;

    @Mixin
    KeyOption key;

    @Option(names = "--system", paramLabel = "TEXT", description = "The system message.")
    String system;

    @Option(names = "--temperature", paramLabel = "N", description = "From 0 to 2; 0 always takes the likeliest token.")
    String temperature = "default";

    @Option(names = "--max-tokens", paramLabel = "N", description = "The longest answer, in tokens.")
    String maxTokens = "default";

    @Option(names = "--seed", paramLabel = "N", description = "Makes answers repeatable.")
    String seed = "default";

    @Option(names = "--verbose", description = "Prints the speed after each answer.")
    boolean verbose;

    @Option(names = "--no-history", description = "Keeps nothing of what is typed. Otherwise QUERN_HOME/chat does.")
    boolean noHistory;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "Gives up if the service sends nothing for so long; 300 by default.")
    long timeout = PATIENCE.toSeconds();

    @Override
    public Integer call() throws InterruptedException {
        boolean chat = prompt.isEmpty() && Tty.isInteractive();
        PrintWriter err = spec.commandLine().getErr();
        try {
            ChatOptions options = options();
            QuernHome home = QuernHome.locate(Settings.readHome());
            ServiceFinder finder = new ServiceFinder(
                    new EngineRecords(home), new SessionFiles(home), key.find(), Duration.ofSeconds(timeout));
            return chat ? chat(finder, options) : answer(question(), finder, options);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        } catch (ClientException | IOException | HomeException e) {
            err.println(Printable.lines(e.getMessage()));
            return 1;
        }
    }

    private ChatOptions options() {
        if (timeout < 1) {
            throw new IllegalArgumentException("--timeout must be at least 1 second, but is " + timeout);
        }
        return ChatOptions.of(system, temperature, maxTokens, seed, verbose);
    }

    private int chat(ServiceFinder finder, ChatOptions options)
            throws IOException, ClientException, InterruptedException {
        try (Terminal terminal = Tty.open()) {
            // until the chat begins; without it Ctrl-C would end this process without its shutdown hooks
            terminal.handle(Terminal.Signal.INT, signal -> System.exit(INTERRUPTED));
            Screen screen = new TerminalScreen(terminal, Tty.hasColour(terminal));
            try (Service service = finder.find(model, url, alone, screen::status)) {
                screen.note(service.describe() + " /help lists the commands, Ctrl-D leaves.");
                Chat chat = new Chat(service.client(), service.model(), options, screen);
                Optional<Path> history = noHistory ? Optional.empty() : finder.history();
                if (new TerminalChat(terminal, chat, screen, history, service::runs).run()) {
                    return 0;
                }
                screen.problem(service.describeEnd());
                return 1;
            }
        }
    }

    private int answer(String question, ServiceFinder finder, ChatOptions options)
            throws IOException, ClientException, InterruptedException {
        Screen screen = new PlainScreen(System.out, spec.commandLine().getErr());
        try (Service service = finder.find(model, url, alone, state -> {})) {
            Chat chat = new Chat(service.client(), service.model(), options, screen);
            return chat.ask(question) == Chat.Outcome.ANSWERED ? 0 : 1;
        } catch (Screen.ScreenClosedException e) {
            return 1;
        }
    }

    private String question() throws IOException {
        for (String word : prompt) {
            requireDecoded(word);
        }
        String text = prompt.isEmpty()
                ? standardInput()
                : String.join(" ", prompt.stream().filter(word -> !word.equals(STANDARD_INPUT)).toList())
                        + (prompt.contains(STANDARD_INPUT) ? "\n\n" + standardInput() : "");
        if (text.isBlank()) {
            throw new IllegalArgumentException("The prompt is empty.");
        }
        return text.strip();
    }

    /** In the locale C, Java replaces every letter beyond ASCII in arguments. */
    private static void requireDecoded(String word) {
        if (word.indexOf('\ufffd') >= 0
                && !Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8")).equals(StandardCharsets.UTF_8)) {
            throw new IllegalArgumentException("The prompt cannot be decoded in this locale. Set LC_ALL=C.UTF-8, or pass"
                    + " the prompt on standard input.");
        }
    }

    private static String standardInput() throws IOException {
        byte[] bytes = System.in.readNBytes(MAX_INPUT);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
