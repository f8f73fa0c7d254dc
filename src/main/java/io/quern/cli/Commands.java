package io.quern.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What the application does besides serving, which it does without arguments. */
@Command(
        name = "quern",
        mixinStandardHelpOptions = true,
        versionProvider = VersionProvider.class,
        description = "Serves a language model; without a command it starts serving.",
        subcommands = {Doctor.class, Health.class, LauncherPath.class, Prepare.class})
final class Commands implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new picocli.CommandLine.ParameterException(spec.commandLine(), "without a command there are no options");
    }
}
