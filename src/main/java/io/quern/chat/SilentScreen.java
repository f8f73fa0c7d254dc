package io.quern.chat;

/** Shows nothing, for a caller that uses the outcome of a question. */
public final class SilentScreen implements Screen {
    @Override
    public void piece(String text) {}

    @Override
    public void endOfAnswer() {}

    @Override
    public void status(String text) {}

    @Override
    public void note(String text) {}

    @Override
    public void problem(String text) {}
}
