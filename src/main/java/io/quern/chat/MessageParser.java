package io.quern.chat;

import java.util.List;
import org.jline.reader.EOFError;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.jline.reader.impl.DefaultParser;

/** Tells JLine when a message is complete. Quotes and apostrophes have no meaning in a message. */
final class MessageParser implements Parser {
    private final DefaultParser words;

    MessageParser() {
        words = new DefaultParser();
        words.setQuoteChars(new char[0]);
        words.setEscapeChars(new char[0]);
    }

    @Override
    public ParsedLine parse(String line, int cursor, ParseContext context) {
        if (context == ParseContext.ACCEPT_LINE && Typed.isIncomplete(line)) {
            throw new EOFError(-1, -1, "the message goes on", "");
        }
        return words.parse(line, cursor, context == ParseContext.ACCEPT_LINE ? ParseContext.UNSPECIFIED : context);
    }

    /** No character escapes another one. */
    @Override
    public boolean isEscapeChar(char c) {
        return false;
    }

    static List<String> commands() {
        return SlashCommand.NAMES;
    }
}
