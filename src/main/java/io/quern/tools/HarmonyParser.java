package io.quern.tools;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Divides the answers of gpt-oss, which consist of messages on channels: {@code analysis} is reasoning, {@code final}
 * is content, {@code commentary} is content or, with a recipient, a call.
 */
final class HarmonyParser implements AnswerParser {
    static final String CHANNEL = "<|channel|>";
    static final String MESSAGE = "<|message|>";
    static final String START = "<|start|>";
    static final String END = "<|end|>";
    private static final String RECIPIENT = " to=";
    private static final List<String> ENDS = List.of(END, "<|return|>", "<|call|>");
    private static final List<String> END_OF_BODY = List.of(END, "<|return|>", "<|call|>", START, CHANNEL);
    private static final List<String> BEGINNINGS = List.of(START, CHANNEL, MESSAGE, RECIPIENT);
    private static final List<String> BEGINNINGS_IN_TEXT = List.of(START, CHANNEL);
    private static final List<String> END_OF_HEADER = List.of(MESSAGE);
    private static final int MAX_HEADER = 1000;

    private static final Pattern CHANNEL_NAME = Pattern.compile("<\\|channel\\|>\\s*(\\w+)");
    private static final Pattern FUNCTION = Pattern.compile("\\bto=functions\\.([^\\s<]+)");

    private enum Place {
        BETWEEN,
        HEADER,
        CONTENT,
        REASONING,
        CALL
    }

    private final Calls calls;
    private final AnswerParts parts;
    private final Rest rest = new Rest();
    private Place place = Place.BETWEEN;
    private boolean empty;

    HarmonyParser(Calls calls, AnswerParts parts) {
        this.calls = calls;
        this.parts = parts;
    }

    @Override
    public void add(String text) {
        rest.add(text);
        run();
    }

    @Override
    public void end() {
        rest.complete();
        run();
        endBody();
    }

    @Override
    public int calls() {
        return calls.count();
    }

    @Override
    public boolean reasons() {
        return place == Place.REASONING;
    }

    private void run() {
        boolean working = true;
        while (working && !rest.isEmpty()) {
            working = switch (place) {
                case BETWEEN -> between();
                case HEADER -> header();
                case CONTENT, REASONING, CALL -> body();
            };
        }
    }

    /** Text that begins no message is content. */
    private boolean between() {
        for (String beginning : BEGINNINGS) {
            switch (rest.starts(beginning)) {
                case YES -> {
                    place = Place.HEADER;
                    rest.record();
                    return true;
                }
                case MAYBE -> {
                    return false;
                }
                case NO -> {}
            }
        }
        for (String end : ENDS) {
            if (rest.skip(end) == Rest.Start.YES) {
                return true;
            }
        }
        place = Place.CONTENT;
        return true;
    }

    private boolean header() {
        Rest.Found found = rest.find(END_OF_HEADER);
        if (found == null) {
            if (!rest.isComplete() && rest.length() <= MAX_HEADER) {
                return false;
            }
            return noHeader();
        }
        if (found.at() > MAX_HEADER) {
            return noHeader();
        }
        String header = rest.take(found.at());
        rest.drop(MESSAGE.length());
        rest.keep();
        place = placeOf(header);
        return true;
    }

    private boolean noHeader() {
        rest.keep();
        parts.content(rest.take(1));
        place = Place.CONTENT;
        return true;
    }

    private Place placeOf(String header) {
        Matcher function = FUNCTION.matcher(header);
        if (function.find() && calls.knows(function.group(1))) {
            calls.begin(function.group(1));
            empty = true;
            return Place.CALL;
        }
        Matcher channel = CHANNEL_NAME.matcher(header);
        return channel.find() && channel.group(1).equals("analysis") ? Place.REASONING : Place.CONTENT;
    }

    private boolean body() {
        Rest.Found found = rest.find(END_OF_BODY);
        if (found == null) {
            pass(rest.take(rest.free(END_OF_BODY)));
            return false;
        }
        pass(rest.take(found.at()));
        endBody();
        if (!BEGINNINGS_IN_TEXT.contains(found.mark())) {
            rest.drop(found.mark().length());
        }
        place = Place.BETWEEN;
        return true;
    }

    private void endBody() {
        if (place == Place.CALL && empty) {
            calls.arguments("{}");
        }
    }

    private void pass(String text) {
        if (text.isEmpty()) {
            return;
        }
        switch (place) {
            case REASONING -> parts.reasoning(text);
            case CALL -> {
                empty = empty && text.isBlank();
                calls.arguments(text);
            }
            case BETWEEN, HEADER, CONTENT -> parts.content(text);
        }
    }
}
