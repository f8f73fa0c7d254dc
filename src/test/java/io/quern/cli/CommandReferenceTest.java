package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/**
 * docs/reference/command.md has the help of each command, and each exit code. {@code ./mvnw test
 * -Dtest=CommandReferenceTest -Dcommand-reference.write=true} writes the help into it.
 */
class CommandReferenceTest {
    private static final Path PAGE = Path.of("docs/reference/command.md");
    private static final String BEGIN = "<!-- help: written by CommandReferenceTest -->\n";

    @Test
    void pageContainsTheHelpOfEveryCommand() throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        assertThat(begin).isGreaterThan(BEGIN.length());
        if (Boolean.getBoolean("command-reference.write")) {
            Files.writeString(PAGE, page.substring(0, begin) + help());
        }
        assertThat(Files.readString(PAGE).substring(begin))
                .as("after a change: ./mvnw test -Dtest=CommandReferenceTest -Dcommand-reference.write=true")
                .isEqualTo(help());
    }

    @Test
    void pageListsTheExitCodes() throws IOException {
        List<String> rows = Files.readAllLines(PAGE);
        assertThat(Arrays.stream(ExitCode.values()).map(code -> "| " + code.number() + " | "))
                .allSatisfy(row -> assertThat(rows).anyMatch(line -> line.startsWith(row)));
    }

    private static String help() {
        Map<String, CommandLine> commands = Commands.line("quern").getSubcommands();
        return Arrays.stream(CommandGroup.values())
                .flatMap(group -> group.commands().stream())
                .flatMap(name -> Stream.ofNullable(commands.get(name)))
                .map(command -> "\n## " + command.getCommandName() + "\n\n"
                        + command.getUsageMessage(CommandLine.Help.Ansi.OFF)
                                .lines()
                                .map(line -> line.isBlank() ? "" : "    " + line.stripTrailing())
                                .collect(Collectors.joining("\n"))
                        + "\n")
                .collect(Collectors.joining());
    }
}
