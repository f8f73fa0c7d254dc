package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What the application does besides serving, which it does without arguments. */
@RegisterForReflection(
        targets = {Commands.class, Doctor.class, Health.class, LauncherPath.class, Prepare.class, VersionProvider.class
        },
        // what mixinStandardHelpOptions mixes in
        classNames = "picocli.CommandLine$AutoHelpMixin")
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
