package io.quern.chat;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/**
 * Output for a program or a file: the answers exactly as they are, in UTF-8 whatever the locale is, and messages
 * elsewhere.
 */
public final class PlainScreen implements Screen {
    private final PrintStream answers;
    private final PrintWriter messages;
    private boolean lineOpen;

    /**
     * @param answers receives the answers
     * @param messages receives notes and problems
     */
    public PlainScreen(PrintStream answers, PrintWriter messages) {
        this.answers = answers;
        this.messages = messages;
    }

    @Override
    public void piece(String text) {
        write(text);
        lineOpen = !text.endsWith("\n");
    }

    @Override
    public void endOfAnswer() {
        if (lineOpen) {
            write("\n");
            lineOpen = false;
        }
    }

    private void write(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        answers.write(bytes, 0, bytes.length);
        if (answers.checkError()) {
            throw new ScreenClosedException();
        }
    }

    @Override
    public void status(String text) {
        // a program cannot use it
    }

    @Override
    public void note(String text) {
        messages.println(text);
        messages.flush();
    }

    @Override
    public void problem(String text) {
        messages.println(text);
        messages.flush();
    }
}
