package io.quern.tools;

/** Reads the arguments of a call that has begun: a JSON object, or whatever the model has written, up to a mark. */
final class JsonArguments implements CallReader {
    private final Rest rest;
    private final Calls calls;
    private final Arguments arguments;
    private final JsonScanner scanner = new JsonScanner();
    private final String close;
    private boolean begun;
    private boolean broken;

    /** @param close the mark that ends arguments that are not JSON */
    JsonArguments(Rest rest, Calls calls, String close) {
        this.rest = rest;
        this.calls = calls;
        this.close = close;
        this.arguments = new Arguments(calls);
    }

    @Override
    public Outcome read() {
        if (broken) {
            return Spill.read(rest, calls, close) ? Outcome.DONE : Outcome.WAITING;
        }
        if (!begun && !rest.skipSpace()) {
            return Outcome.WAITING;
        }
        begun = true;
        while (!rest.isEmpty()) {
            char c = rest.first();
            boolean inString = scanner.state() == JsonScanner.State.STRING;
            if (scanner.depth() == 0 && c != '{' || !scanner.take(c)) {
                arguments.flush();
                broken = true;
                return Outcome.WORKING;
            }
            arguments.add(c, inString);
            rest.drop(1);
            if (scanner.isDone()) {
                arguments.flush();
                return Outcome.DONE;
            }
        }
        arguments.flush();
        return Outcome.WAITING;
    }
}
