package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.chat.Chat;
import io.quern.chat.ChatOptions;
import io.quern.chat.PlainScreen;
import io.quern.chat.Screen;
import io.quern.chat.SilentScreen;
import io.quern.chat.TerminalChat;
import io.quern.chat.TerminalScreen;
import io.quern.client.Answer;
import io.quern.client.ClientException;
import io.quern.engines.EngineRecords;
import io.quern.home.QuernHome;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Chats with a model, or answers one prompt. */
@RegisterForReflection(targets = Run.Reply.class)
@Command(
        name = "run",
        description = {
            "Chats with a model in the terminal, or answers one prompt. It uses an engine that runs on this machine with"
                    + " the same QUERN_HOME and serves the model. If there is none, it starts an engine for itself, which"
                    + " ends with it. /help in the chat lists its commands."
        },
        exitCodeList = {
            "0:the prompt was answered, or the user left the chat",
            "1:there is no whole answer",
            "2:the command line is wrong, or the prompt is empty",
            "4:there is no such model, or the service does not serve it",
            "5:the service or the model's server cannot be reached, or the connection broke",
            "6:the service asks for a key, or the model's server for a token",
            "7:the disk is full, or no quantisation fits into memory",
            "8:the model's file is damaged or of the wrong kind",
            "130:Ctrl-C, except in a chat, where it only stops the answer"
        },
        footer = {
            "  ${COMMAND-FULL-NAME} demo",
            "  ${COMMAND-FULL-NAME} demo \"What is a fork server?\"",
            "  echo \"What is a slot?\" | ${COMMAND-FULL-NAME} demo > answer.txt",
            "  git diff | ${COMMAND-FULL-NAME} model.gguf \"Describe this change:\" -",
            "  ${COMMAND-FULL-NAME} demo --url http://localhost:8080 --temperature 0"
        })
final class Run implements Callable<Integer> {
    private static final String STANDARD_INPUT = "-";
    private static final int MAX_INPUT = 64 << 20;

    @Mixin
    CommonOptions common;

    @Mixin
    KeyOption key;

    @Mixin
    AuthorityOption authorities;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "demo, a GGUF file, a name that an engine serves, or hf:OWNER/REPO.")
    String model;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "PROMPT",
            description = "The question; - stands for standard input. Without a prompt, standard input is the question"
                    + " unless it is a terminal.")
    List<String> prompt = List.of();

    @Option(names = "--url", paramLabel = "URL", description = "Uses this service, such as http://localhost:8080.")
    @Nullable
    String url;

    @Option(names = "--private", description = "Starts an engine even if another one serves the model.")
    boolean alone;

    @Option(names = "--system", paramLabel = "TEXT", description = "The system message.")
    @Nullable
    String system;

    @Option(
            names = "--temperature",
            paramLabel = "N",
            description =
                    "From 0 to 2; 0 always takes the likeliest token. By default the service chooses; an engine takes"
                            + " what the model recommends, otherwise 1.")
    String temperature = "default";

    @Option(names = "--max-tokens", paramLabel = "N", description = "The longest answer, in tokens.")
    String maxTokens = "default";

    @Option(names = "--seed", paramLabel = "N", description = "Makes an answer repeatable.")
    String seed = "default";

    @Option(names = "--json", description = "Prints the answer to one prompt as a JSON object, at its end.")
    boolean json;

    @Option(names = "--verbose", description = "Prints the speed after each answer.")
    boolean verbose;

    @Option(
            names = "--no-history",
            description = "Keeps nothing of what is typed. Otherwise chat/history in QUERN_HOME does.")
    boolean noHistory;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "Gives up if the service sends nothing for so long (300).")
    int timeout = 300;

    /** An answer as JSON. */
    record Reply(
            String model,
            String answer,
            @Nullable String finishReason,
            int promptTokens,
            int tokens,
            double tokensPerSecond,
            long timeToFirstTokenMillis) {
        static Reply of(String model, Chat.Outcome.Answered answered) {
            Answer answer = answered.answer();
            return new Reply(
                    model,
                    answered.text(),
                    answer.finishReason(),
                    answer.promptTokens(),
                    answer.tokens(),
                    answer.tokensPerSecond(),
                    answer.toFirst().toMillis());
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        try {
            boolean chat = prompt.isEmpty() && !json && Tty.isInteractive();
            ChatOptions options = options();
            QuernHome home = QuernHome.locate(Settings.readHome());
            ServiceFinder finder = new ServiceFinder(
                    new EngineRecords(home),
                    new SessionFiles(home),
                    key.find(),
                    Duration.ofSeconds(timeout),
                    authorities,
                    new LocalModel(common.output()));
            return (chat ? chat(finder, options) : answer(question(), finder, options)).number();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(common.spec.commandLine(), e.getMessage(), e);
        } catch (ClientException e) {
            throw ClientFailures.failure(e);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, e.getMessage(), e);
        }
    }

    private ChatOptions options() {
        if (timeout < 1) {
            throw new IllegalArgumentException("--timeout must be at least 1 second, but is " + timeout);
        }
        return ChatOptions.of(system, temperature, maxTokens, seed, verbose);
    }

    private ExitCode chat(ServiceFinder finder, ChatOptions options)
            throws IOException, ClientException, InterruptedException {
        try (Service service = waitFor(finder);
                Terminal terminal = Tty.open(true)) {
            Screen screen = new TerminalScreen(terminal, Streams.OUT.isColoured());
            screen.note(service.describe() + " /help lists the commands, Ctrl-D leaves.");
            Chat chat = new Chat(service.client(), service.model(), options, screen);
            Optional<Path> history = noHistory ? Optional.empty() : finder.history();
            if (new TerminalChat(terminal, chat, screen, history, service::runs).run()) {
                return ExitCode.DONE;
            }
            throw new CommandFailure(ExitCode.FAILED, service.describeEnd());
        }
    }

    private ExitCode answer(String question, ServiceFinder finder, ChatOptions options)
            throws IOException, ClientException, InterruptedException {
        Screen screen = json
                ? new SilentScreen()
                : new PlainScreen(System.out, common.spec.commandLine().getErr());
        try (Service service = waitFor(finder)) {
            Chat chat = new Chat(service.client(), service.model(), options, screen);
            switch (chat.ask(question)) {
                case Chat.Outcome.Answered answered -> {
                    if (json) {
                        common.output(true).write(Reply.of(service.model(), answered));
                    }
                    return ExitCode.DONE;
                }
                case Chat.Outcome.Stopped() -> {
                    return ExitCode.INTERRUPTED;
                }
                case Chat.Outcome.Failed(ClientException why) -> throw ClientFailures.failure(why);
            }
        } catch (Screen.ScreenClosedException e) {
            // the reader of a pipe has what it wanted
            return ExitCode.FAILED;
        }
    }

    /** Shows on standard error that an engine starts, if somebody looks there. */
    private Service waitFor(ServiceFinder finder) throws IOException, ClientException, InterruptedException {
        if (!Streams.ERR.isTerminal()) {
            return finder.find(model, url, alone, state -> {});
        }
        try (StartBar bar = new StartBar(model)) {
            return finder.find(model, url, alone, bar::at);
        }
    }

    private String question() throws IOException {
        prompt.forEach(Run::requireDecoded);
        String text = prompt.isEmpty()
                ? standardInput()
                : String.join(
                                " ",
                                prompt.stream()
                                        .filter(word -> !word.equals(STANDARD_INPUT))
                                        .toList())
                        + (prompt.contains(STANDARD_INPUT) ? "\n\n" + standardInput() : "");
        if (text.isBlank()) {
            throw new IllegalArgumentException("The prompt is empty.");
        }
        return text.strip();
    }

    /** In the locale C, Java replaces every letter beyond ASCII in arguments. */
    private static void requireDecoded(String word) {
        if (word.indexOf('\ufffd') >= 0
                && !Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"))
                        .equals(StandardCharsets.UTF_8)) {
            throw new IllegalArgumentException(
                    "The prompt cannot be decoded in this locale. Set LC_ALL=C.UTF-8, or pass"
                            + " the prompt on standard input.");
        }
    }

    private static String standardInput() throws IOException {
        return new String(System.in.readNBytes(MAX_INPUT), StandardCharsets.UTF_8);
    }
}
