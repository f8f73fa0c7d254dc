package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.jvm.NativeExecutable;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The commands of the application. Without arguments it serves. */
@RegisterForReflection(
        targets = {
            AuthorityOption.class,
            Bench.class,
            Commands.class,
            CommonOptions.class,
            Completion.class,
            Doctor.class,
            Health.class,
            KeyOption.class,
            LauncherPath.class,
            ListModels.class,
            Prepare.class,
            Ps.class,
            Pull.class,
            Quantize.class,
            Remove.class,
            Run.class,
            Serve.class,
            Show.class,
            Tune.class,
            Version.class
        })
@Command(
        name = "quern",
        description = "Serves language models over the OpenAI API.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            Serve.class,
            Run.class,
            Ps.class,
            Bench.class,
            Pull.class,
            ListModels.class,
            Show.class,
            Quantize.class,
            Remove.class,
            Doctor.class,
            Tune.class,
            Health.class,
            Prepare.class,
            LauncherPath.class,
            Version.class,
            Completion.class
        },
        footerHeading = "%n@|bold Examples:|@%n",
        footer = {
            "  ${COMMAND-NAME} run demo               chats with demo, a tiny model that knows only Quern",
            "  ${COMMAND-NAME} serve                  serves demo",
            "  ${COMMAND-NAME} serve model.gguf       serves your own model",
            "  ${COMMAND-NAME} pull hf:OWNER/REPO     downloads a model, the best that fits this machine",
            "  ${COMMAND-NAME} doctor                 shows what this machine offers",
            "",
            "Without a command, the engine serves the model that the configuration names. `-Dkey=value` sets a key of"
                    + " the configuration. Add --help to a command for its options, examples and exit codes."
        })
final class Commands implements Runnable {
    private static final String NAME_PROPERTY = "io.quern.command";
    private static final int HELP_WIDTH = 100;

    @Mixin
    CommonOptions common;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Shows the version.")
    boolean version;

    /**
     * Returns what a user types before a command: the executable or the application's jar. {@code bin/quern} and images
     * have a script, which passes its name in a system property.
     */
    static String name() {
        return Optional.ofNullable(System.getProperty(NAME_PROPERTY))
                .or(() -> NativeExecutable.isThisProcess()
                        ? ProcessHandle.current().info().command()
                        : Optional.empty())
                .orElse("java -jar quarkus-run.jar");
    }

    /** Runs a command, and returns the exit code. */
    static int run(String... args) {
        return line(name()).execute(args);
    }

    /** @param name what a user types before a command */
    static CommandLine line(String name) {
        CommandLine line = new CommandLine(new Commands()).setCommandName(name);
        line.getCommandSpec().versionProvider(new VersionProvider());
        line.setColorScheme(Help.defaultColorScheme(Streams.OUT.isColoured() ? Help.Ansi.ON : Help.Ansi.OFF))
                .setParameterExceptionHandler(CommandErrors::wrongUsage)
                .setExecutionExceptionHandler(CommandErrors::failed)
                .setUsageHelpWidth(HELP_WIDTH);
        line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING, help -> "");
        line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, CommandGroup::list);
        line.getSubcommands().values().forEach(Commands::complete);
        return line;
    }

    /** Adds the headings that all commands share. */
    private static void complete(CommandLine command) {
        UsageMessageSpec usage = command.getCommandSpec().usageMessage();
        usage.exitCodeListHeading("%n@|bold Exit codes:|@%n");
        usage.footerHeading("%n@|bold Examples:|@%n");
    }

    @Override
    public void run() {
        throw new ParameterException(common.spec.commandLine(), "Options need a command before them.");
    }
}
