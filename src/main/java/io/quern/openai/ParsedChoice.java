package io.quern.openai;

import io.quern.generation.FinishReason;
import io.quern.generation.GenerationEvent.Token;
import io.quern.tools.AnswerParser;
import io.quern.tools.AnswerParts;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Divides the text of one choice with a parser for the model's format. */
final class ParsedChoice implements ChoiceParser {
    private final AnswerParser parser;
    private final ReasoningFields reasoning;
    private final boolean reasons;
    private int reasoningTokens;
    private final Pieces pieces = new Pieces();

    /**
     * @param reasons whether answers may contain reasoning
     * @param reasoning what the client gets of it
     */
    ParsedChoice(Function<AnswerParts, AnswerParser> parsers, boolean reasons, ReasoningFields reasoning) {
        this.parser = parsers.apply(pieces);
        this.reasons = reasons;
        this.reasoning = reasoning;
    }

    @Override
    public void add(Token token, Consumer<Part> parts) {
        pieces.out = parts;
        int at = 0;
        // token by token, so that the count of reasoning does not depend on how tokens were merged
        for (int length : token.lengths()) {
            add(token.text().substring(at, at + length), 1);
            at += length;
        }
        add(token.text().substring(at), token.lengths().isEmpty() ? token.count() : 0);
        pieces.flush();
    }

    private void add(String text, int tokens) {
        boolean before = parser.reasons();
        if (!text.isEmpty()) {
            parser.add(text);
        }
        if (before && parser.reasons()) {
            reasoningTokens += tokens;
        }
    }

    @Override
    public @Nullable Integer reasoningTokens() {
        return reasons ? reasoningTokens : null;
    }

    @Override
    public ChoiceFinish end(FinishReason reason, Consumer<Part> parts) {
        pieces.out = parts;
        parser.end();
        pieces.flush();
        return reason == FinishReason.STOP && parser.calls() > 0 ? ChoiceFinish.TOOL_CALLS : ChoiceFinish.of(reason);
    }

    private enum Kind {
        CONTENT,
        REASONING,
        ARGUMENTS
    }

    /** Puts neighbouring pieces of one kind together, so that a client gets few of them. */
    private final class Pieces implements AnswerParts {
        private final StringBuilder text = new StringBuilder();
        private Consumer<Part> out = part -> {};
        private Kind kind = Kind.CONTENT;
        private int call;

        @Override
        public void content(String more) {
            add(Kind.CONTENT, more);
        }

        @Override
        public void reasoning(String more) {
            if (reasoning.shown()) {
                add(Kind.REASONING, more);
            }
        }

        @Override
        public void call(int index, String id, String name) {
            flush();
            call = index;
            out.accept(new Part.ToolCallStart(index, id, name));
        }

        @Override
        public void arguments(int index, String more) {
            add(Kind.ARGUMENTS, more);
        }

        private void add(Kind next, String more) {
            if (next != kind) {
                flush();
                kind = next;
            }
            text.append(more);
        }

        void flush() {
            if (text.isEmpty()) {
                return;
            }
            String piece = text.toString();
            text.setLength(0);
            out.accept(
                    switch (kind) {
                        case CONTENT -> new Part.Content(piece);
                        case REASONING -> new Part.Reasoning(piece);
                        case ARGUMENTS -> new Part.ToolCallArguments(call, piece);
                    });
        }
    }
}
