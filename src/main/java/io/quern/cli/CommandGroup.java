package io.quern.cli;

import java.util.List;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.TextTable;

/** The groups in which the help lists the commands; picocli has groups of options only. */
enum CommandGroup {
    SERVE("Serve and ask", "serve", "run", "ps", "bench"),
    MODELS("Models", "pull", "list", "show", "quantize", "rm"),
    MACHINE("This machine", "doctor", "tune", "health", "prepare", "launcher"),
    OTHER("Other", "version", "completion");

    private static final int INDENT = 2;

    /** Width of the column with the names. */
    private static final int NAMES = 14;

    private final String title;
    private final List<String> commands;

    CommandGroup(String title, String... commands) {
        this.title = title;
        this.commands = List.of(commands);
    }

    List<String> commands() {
        return commands;
    }

    /** Renders the list of commands for the help of the main command, and nothing for other commands. */
    static String list(Help help) {
        StringBuilder text = new StringBuilder();
        for (CommandGroup group : values()) {
            List<Help> members = group.commands.stream()
                    .map(help.subcommands()::get)
                    .filter(command -> command != null)
                    .toList();
            if (!members.isEmpty()) {
                text.append(help.colorScheme().ansi().new Text("%n@|bold %s:|@%n".formatted(group.title)))
                        .append(group.table(members, help));
            }
        }
        return text.toString();
    }

    private String table(List<Help> members, Help help) {
        int width = help.commandSpec().usageMessage().width();
        TextTable table = TextTable.forColumns(
                help.colorScheme(),
                new Column(NAMES, INDENT, Column.Overflow.SPAN),
                new Column(width - NAMES, INDENT, Column.Overflow.WRAP));
        for (Help command : members) {
            String[] description = command.commandSpec().usageMessage().description();
            table.addRowValues(
                    help.colorScheme().commandText(command.commandSpec().name()),
                    help.colorScheme().text(firstSentence(description)));
        }
        return table.toString();
    }

    private static String firstSentence(String[] description) {
        String all = description.length == 0 ? "" : description[0];
        int end = all.indexOf(". ");
        return end < 0 ? all : all.substring(0, end + 1);
    }
}
