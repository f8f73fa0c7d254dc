package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.jvm.NativeExecutable;
import java.util.Optional;
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
    private static final String NAME_PROPERTY = "io.quern.command";

    @Spec
    CommandSpec spec;

    /**
     * What a user types before a command: images have a script, which says its name by a system property; else it is the executable, or the
     * application's jar.
     */
    static String name() {
        return Optional.ofNullable(System.getProperty(NAME_PROPERTY))
                .or(() -> NativeExecutable.isThisProcess()
                        ? ProcessHandle.current().info().command()
                        : Optional.empty())
                .orElse("java -jar quarkus-run.jar");
    }

    @Override
    public void run() {
        throw new picocli.CommandLine.ParameterException(spec.commandLine(), "without a command there are no options");
    }
}
