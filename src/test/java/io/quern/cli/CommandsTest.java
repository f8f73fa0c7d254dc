package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The frame of the commands: help, groups, exit codes, errors. */
class CommandsTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    static Stream<CommandLine> commands() {
        return Commands.line("quern").getSubcommands().values().stream();
    }

    private int run(String... args) {
        return Commands.line("quern")
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(args);
    }

    @Test
    void everyCommandIsInOneGroup() {
        assertThat(Arrays.stream(CommandGroup.values()).flatMap(group -> group.commands().stream()))
                .doesNotHaveDuplicates()
                .containsAll(commands().map(CommandLine::getCommandName).toList());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandHasExamplesAndExitCodes(CommandLine command) {
        Set<String> known = Stream.concat(
                        Arrays.stream(ExitCode.values()).map(code -> Integer.toString(code.number())), Stream.of("143"))
                .collect(Collectors.toSet());
        assertThat(command.getUsageMessage())
                .contains("Examples:\n")
                .contains("quern " + command.getCommandName())
                .contains("Exit codes:\n")
                .contains("--debug")
                .doesNotContain("${", "@|");
        Map<String, String> exitCodes = command.getCommandSpec().usageMessage().exitCodeList();
        assertThat(exitCodes.keySet().stream().flatMap(codes -> Arrays.stream(codes.split(", "))))
                .isSubsetOf(known);
    }

    @Test
    void helpListsTheCommandsInGroups() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString())
                .containsSubsequence("Serve and ask:\n", "  serve ", "This machine:\n", "  doctor ", "Other:\n");
    }

    @Test
    void unknownCommandGetsSuggestions() {
        assertThat(run("docter")).isEqualTo(2);
        assertThat(err)
                .hasToString("error: There is no command \"docter\".\n"
                        + "Did you mean: quern doctor or quern serve or quern version?\nSee quern --help.\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--slots=many", "--prot=1", "one two", "--start-method=threads"})
    void wrongOptionIsOneMessageWithoutATrace(String arguments) {
        String[] args = ("serve " + arguments).split(" ");
        assertThat(run(args)).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("error: ")
                .endsWith("See quern serve --help.\n")
                .doesNotContain("\tat ");
    }

    @Test
    void debugAddsTheTrace() {
        assertThat(run("--debug")).isEqualTo(2);
        assertThat(err.toString()).startsWith("error: Options need a command").contains("\tat io.quern.cli.Commands");
    }

    @Test
    void versionIsJsonIfAskedFor() {
        assertThat(run("version", "--json")).isZero();
        assertThat(out.toString())
                .contains("\"java\" : \"" + Runtime.version() + "\"")
                .contains("\"commit\" : ");
    }

    @Test
    void coloursNeedATerminalThatHasThem() {
        assertThat(Streams.wantsColour(Map.of("TERM", "xterm"))).isTrue();
        assertThat(Streams.wantsColour(Map.of("TERM", "xterm", "NO_COLOR", ""))).isTrue();
        assertThat(Streams.wantsColour(Map.of("TERM", "xterm", "NO_COLOR", "1")))
                .isFalse();
        assertThat(Streams.wantsColour(Map.of("TERM", "dumb"))).isFalse();
        assertThat(Streams.wantsColour(Map.of())).isFalse();
    }
}
