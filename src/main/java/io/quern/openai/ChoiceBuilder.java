package io.quern.openai;

import io.quern.generation.FinishReason;
import java.util.ArrayList;
import java.util.List;

/** Collects the parts of one choice. */
final class ChoiceBuilder {
    private final int index;
    private final ChoiceParser parser;
    private final StringBuilder content = new StringBuilder();
    private final StringBuilder reasoning = new StringBuilder();
    private final List<Part.ToolCallStart> calls = new ArrayList<>();
    private final List<StringBuilder> arguments = new ArrayList<>();

    ChoiceBuilder(int index, ChoiceParser parser) {
        this.index = index;
        this.parser = parser;
    }

    void add(String text) {
        if (!text.isEmpty()) {
            parser.add(text, this::add);
        }
    }

    Choice end(FinishReason reason) {
        ChoiceFinish finish = parser.end(reason, this::add);
        List<ToolCall> complete = new ArrayList<>(calls.size());
        for (int i = 0; i < calls.size(); i++) {
            complete.add(new ToolCall(
                    calls.get(i).id(), calls.get(i).name(), arguments.get(i).toString()));
        }
        return new Choice(index, content.toString(), reasoning.toString(), complete, finish);
    }

    private void add(Part part) {
        switch (part) {
            case Part.Content more -> content.append(more.text());
            case Part.Reasoning more -> reasoning.append(more.text());
            case Part.ToolCallStart call -> {
                calls.add(call);
                arguments.add(new StringBuilder());
            }
            case Part.ToolCallArguments more -> arguments.get(more.index()).append(more.text());
        }
    }
}
