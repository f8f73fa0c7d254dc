package io.quern.chat;

import java.util.List;
import java.util.Optional;

/** What a user can type in place of a message. */
sealed interface SlashCommand {
    List<String> NAMES = List.of("/help", "/clear", "/set", "/system", "/save", "/bye");

    List<String> HELP = List.of(
            "/set                  shows the options",
            "/set OPTION VALUE     temperature, max-tokens, seed or verbose; \"default\" resets it",
            "/system [TEXT]        sets the system message; without a text it removes it",
            "/clear                forgets the conversation",
            "/save FILE            writes the conversation as JSON",
            "/bye                  leaves, as Ctrl-D does",
            "",
            "\"\"\"                   begins and ends a message of several lines",
            "\\ at the end of line  continues the message in the next line",
            "Ctrl-C                stops the answer",
            "Up, Down, Ctrl-R      earlier messages");

    record Help() implements SlashCommand {}

    record Clear() implements SlashCommand {}

    record Bye() implements SlashCommand {}

    record ShowOptions() implements SlashCommand {}

    record Set(String name, String value) implements SlashCommand {}

    /** @param text may be empty */
    record SystemMessage(String text) implements SlashCommand {}

    record Save(String file) implements SlashCommand {}

    /** @param advice what to type instead */
    record Wrong(String advice) implements SlashCommand {}

    /** Reads a line. Empty if it is a message. */
    static Optional<SlashCommand> of(String typed) {
        if (!typed.startsWith("/")) {
            return Optional.empty();
        }
        String[] words = typed.strip().split("\\s+", 2);
        String rest = words.length > 1 ? words[1] : "";
        return Optional.of(
                switch (words[0]) {
                    case "/help", "/?" -> new Help();
                    case "/clear" -> new Clear();
                    case "/bye", "/exit", "/quit" -> new Bye();
                    case "/system" -> new SystemMessage(rest);
                    case "/save" -> rest.isEmpty() ? new Wrong("Type /save FILE.") : new Save(rest);
                    case "/set" -> set(rest);
                    default ->
                        new Wrong(
                                "There is no command " + words[0] + ". /help lists them. To send a message that begins"
                                        + " with a slash, type a space before it.");
                });
    }

    private static SlashCommand set(String rest) {
        if (rest.isEmpty()) {
            return new ShowOptions();
        }
        String[] words = rest.split("\\s+", 2);
        if (words.length < 2) {
            return new Wrong("Type /set " + words[0] + " VALUE.");
        }
        return words[0].equals("system") ? new SystemMessage(words[1]) : new Set(words[0], words[1]);
    }
}
