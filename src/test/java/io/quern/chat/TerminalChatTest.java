package io.quern.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.client.Endpoint;
import io.quern.client.OpenAiClient;
import io.quern.client.ScriptedService;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A chat in a terminal whose keyboard and screen are the test. JLine keeps the terminal's line discipline. */
class TerminalChatTest {
    private static final String CTRL_C = "\u0003";
    private static final String CTRL_D = "\u0004";

    @TempDir
    Path folder;

    private final PipedOutputStream keyboard = new PipedOutputStream();
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private Terminal terminal;
    private ScriptedService service;
    private OpenAiClient client;
    private CompletableFuture<Boolean> left;

    @BeforeEach
    void openTerminal() throws IOException {
        Attributes attributes = new Attributes();
        attributes.setLocalFlags(EnumSet.of(Attributes.LocalFlag.ISIG, Attributes.LocalFlag.ICANON), true);
        attributes.setControlChar(Attributes.ControlChar.VINTR, 3);
        attributes.setControlChar(Attributes.ControlChar.VEOF, 4);
        terminal = TerminalBuilder.builder()
                .system(false)
                .provider("exec")
                .streams(new PipedInputStream(keyboard, 1 << 16), shown)
                .attributes(attributes)
                .size(new Size(40, 20))
                .type("xterm")
                .encoding(StandardCharsets.UTF_8)
                .build();
    }

    @AfterEach
    void close() throws IOException {
        keyboard.close();
        terminal.close();
        if (client != null) {
            client.close();
        }
        if (service != null) {
            service.close();
        }
    }

    private void begin(ScriptedService scripted) {
        service = scripted;
        client = new OpenAiClient(Endpoint.of(service.url(), Optional.empty()), Duration.ofMinutes(1));
        Screen screen = new TerminalScreen(terminal, false);
        Chat chat =
                new Chat(client, "demo", ChatOptions.of("Be brief.", "default", "default", "default", false), screen);
        left = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                left.complete(
                        new TerminalChat(terminal, chat, screen, Optional.of(folder.resolve("history")), () -> true)
                                .run());
            } catch (InterruptedException | RuntimeException e) {
                left.completeExceptionally(e);
            }
        });
        awaitPrompts(1);
    }

    private void type(String keys) throws IOException {
        keyboard.write(keys.getBytes(StandardCharsets.UTF_8));
        keyboard.flush();
    }

    private String screen() {
        return shown.toString(StandardCharsets.UTF_8);
    }

    /** JLine switches bracketed paste on with each prompt. */
    private void awaitPrompts(int count) {
        await().until(() -> screen().split("\u001b\\[\\?2004h", -1).length > count);
    }

    private List<String> contents(int request) {
        return service.requests().get(request).path("messages").findValuesAsText("content");
    }

    private boolean hasLeft() throws Exception {
        return left.get(60, TimeUnit.SECONDS);
    }

    @Test
    void conversationGoesWithEachQuestion() throws Exception {
        begin(ScriptedService.echo());
        type("one two\r");
        awaitPrompts(2);
        type("three\r");
        awaitPrompts(3);
        assertThat(contents(0)).containsExactly("Be brief.", "one two");
        assertThat(contents(1)).containsExactly("Be brief.", "one two", "one two", "three");
        type("/clear\r");
        awaitPrompts(4);
        type("/system \r");
        awaitPrompts(5);
        type("/set temperature 0\r");
        awaitPrompts(6);
        type("four\r");
        awaitPrompts(7);
        assertThat(contents(2)).containsExactly("four");
        assertThat(service.requests().get(2).path("temperature").asDouble(-1)).isZero();
        type("/bye\r");
        assertThat(hasLeft()).isTrue();
    }

    @Test
    void ctrlCStopsTheAnswerAndKeepsItsBeginning() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        begin(new ScriptedService(exchange -> {
            if (exchange.question().equals("go on")) {
                exchange.stream().text("yes").end("stop", 1, 1);
                return;
            }
            exchange.stream().text("endless");
            try {
                while (true) {
                    exchange.line(": alive");
                    Thread.sleep(1);
                }
            } catch (IOException e) {
                stopped.countDown();
            }
        }));
        type("count\r");
        await().until(() -> screen().contains("endless"));
        type(CTRL_C);
        stopped.await();
        awaitPrompts(2);
        assertThat(screen()).contains("(stopped)");
        type("go on\r");
        awaitPrompts(3);
        assertThat(contents(1)).containsExactly("Be brief.", "count", "endless", "go on");
        type(CTRL_D);
        assertThat(hasLeft()).isTrue();
    }

    @Test
    void ctrlCAtThePromptSaysHowToLeave() throws Exception {
        begin(ScriptedService.echo());
        type(CTRL_C);
        awaitPrompts(2);
        assertThat(screen()).contains("Press Ctrl-D or type /bye to leave.");
        type(CTRL_D);
        assertThat(hasLeft()).isTrue();
    }

    @Test
    void messageMaySpanLines() throws Exception {
        begin(ScriptedService.echo());
        type("\"\"\"first\rsecond\"\"\"\r");
        awaitPrompts(2);
        type("third\\\rfourth\r");
        awaitPrompts(3);
        type("\u001b[200~pasted\rtext\u001b[201~\r");
        awaitPrompts(4);
        assertThat(contents(0)).endsWith("first\nsecond");
        assertThat(contents(1)).endsWith("third\nfourth");
        assertThat(contents(2)).endsWith("pasted\ntext");
        type(CTRL_D);
        assertThat(hasLeft()).isTrue();
    }

    @Test
    void failureIsShownAndTheConversationKept() throws Exception {
        begin(new ScriptedService(exchange -> {
            if (exchange.question().equals("fail")) {
                exchange.status(503, "{\"error\":{\"message\":\"The queue\\u001b[2J is full\"}}");
            } else {
                exchange.stream().text("fine").end("stop", 1, 1);
            }
        }));
        type("works\r");
        awaitPrompts(2);
        type("fail\r");
        awaitPrompts(3);
        assertThat(screen()).contains("The service answered 503: The queue\\u001b[2J is full");
        type("works again\r");
        awaitPrompts(4);
        assertThat(contents(2)).containsExactly("Be brief.", "works", "fine", "works again");
        type(CTRL_D);
        assertThat(hasLeft()).isTrue();
    }

    @Test
    void answerCannotControlTheTerminal() throws Exception {
        begin(new ScriptedService(exchange ->
                exchange.stream().text("a\u001b]0;title\u0007\tb\nc").end("length", 1, 1)));
        type("hi\r");
        awaitPrompts(2);
        assertThat(screen())
                .contains("a\\u001b]0;title\\u0007\tb")
                .doesNotContain("\u001b]0;title")
                .contains("limit of tokens");
        type(CTRL_D);
        assertThat(hasLeft()).isTrue();
    }

    @Test
    void conversationIsSavedForItsUserOnly() throws Exception {
        begin(ScriptedService.echo());
        type("one\r");
        awaitPrompts(2);
        Path file = folder.resolve("saved.json");
        type("/save " + file + "\r");
        awaitPrompts(3);
        JsonNode saved = new ObjectMapper().readTree(Files.readString(file));
        assertThat(saved.path("messages").findValuesAsText("content")).containsExactly("Be brief.", "one", "one");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        type(CTRL_D);
        assertThat(hasLeft()).isTrue();
        assertThat(folder.resolve("history")).content().contains("one").contains("/save");
    }
}
