package io.quern.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The parts of an answer, with pieces put together. */
public record Parsed(String content, String reasoning, List<Call> calls) {

    public record Call(String name, String arguments) {}

    /** Collects parts, and checks that they come in order. */
    static final class Collector implements AnswerParts {
        private final StringBuilder content = new StringBuilder();
        private final StringBuilder reasoning = new StringBuilder();
        private final List<String> names = new ArrayList<>();
        private final List<String> ids = new ArrayList<>();
        private final List<StringBuilder> arguments = new ArrayList<>();

        @Override
        public void content(String text) {
            content.append(notEmpty(text));
        }

        @Override
        public void reasoning(String text) {
            reasoning.append(notEmpty(text));
        }

        @Override
        public void call(int index, String id, String name) {
            if (index != names.size() || !id.matches("call_[0-9A-Za-z]{24}") || ids.contains(id)) {
                throw new AssertionError("call " + index + " with id " + id + " after " + ids);
            }
            ids.add(id);
            names.add(name);
            arguments.add(new StringBuilder());
        }

        @Override
        public void arguments(int index, String text) {
            if (index != names.size() - 1) {
                throw new AssertionError("arguments of call " + index + " of " + names.size());
            }
            arguments.get(index).append(notEmpty(text));
        }

        private static String notEmpty(String text) {
            if (text.isEmpty()) {
                throw new AssertionError("an empty part");
            }
            return text;
        }

        Parsed parsed() {
            List<Call> calls = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                calls.add(new Call(names.get(i), arguments.get(i).toString()));
            }
            return new Parsed(content.toString(), reasoning.toString(), calls);
        }
    }

    /** Cuts a text at random places. */
    static List<String> pieces(String text, Random random) {
        List<String> pieces = new ArrayList<>();
        for (int from = 0; from < text.length(); ) {
            int to = Math.min(text.length(), from + 1 + random.nextInt(9));
            pieces.add(text.substring(from, to));
            from = to;
        }
        return pieces;
    }

    /** Parses a text that arrives in these pieces. */
    public static Parsed of(AnswerFormat format, ToolUse tools, String prompt, List<String> pieces) {
        Collector collector = new Collector();
        AnswerParser parser = format.parser(tools, prompt).apply(collector);
        pieces.forEach(parser::add);
        parser.end();
        return collector.parsed();
    }
}
