package io.quern.model.jinja;

/** {@code break} and {@code continue}. */
final class LoopSignalNode extends StatementNode {
    private static final long serialVersionUID = 1L;

    private final PromptInterpreter.LoopSignal signal;

    LoopSignalNode(int line, PromptInterpreter.LoopSignal signal) {
        super(line);
        this.signal = signal;
    }

    @Override
    String render(PromptInterpreter interpreter) {
        interpreter.signal(signal);
        return "";
    }
}
