package io.quern.tools;

/** Reads what is between {@code <tool_call>} and its end: JSON objects, or elements as Qwen3-Coder writes them. */
final class HermesCalls implements CallReader {
    static final String OPEN = "<tool_call>";
    static final String CLOSE = "</tool_call>";

    private final MarkedCalls.Source source;
    private CallReader inner = this::choose;

    HermesCalls(MarkedCalls.Source source) {
        this.source = source;
    }

    @Override
    public Outcome read() {
        return inner.read();
    }

    private Outcome choose() {
        Rest rest = source.rest();
        if (source.mark().equals(XmlCalls.FUNCTION)) {
            inner = new XmlCalls(rest, source.calls(), null);
            return Outcome.WORKING;
        }
        if (!rest.skipSpace()) {
            return Outcome.WAITING;
        }
        String close = source.mark().isEmpty() ? null : CLOSE;
        inner = rest.first() == '<'
                ? new XmlCalls(rest, source.calls(), close)
                : new JsonCalls(rest, source.calls(), close);
        return Outcome.WORKING;
    }
}
