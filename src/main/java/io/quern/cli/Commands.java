package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.jvm.NativeExecutable;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The commands of the application. Without arguments it serves. */
@RegisterForReflection(
        targets = {Commands.class, Doctor.class, Health.class, LauncherPath.class, Prepare.class, VersionProvider.class
        },
        // mixinStandardHelpOptions adds it
        classNames = "picocli.CommandLine$AutoHelpMixin")
@Command(
        name = "quern",
        mixinStandardHelpOptions = true,
        versionProvider = VersionProvider.class,
        description = "Serves a language model. Without a command it starts to serve.",
        subcommands = {Doctor.class, Health.class, LauncherPath.class, Prepare.class})
final class Commands implements Runnable {
    private static final String NAME_PROPERTY = "io.quern.command";

    @Spec
    CommandSpec spec;

    /**
     * Returns what a user types before a command: the executable or the application's jar. An image has a script, which
     * passes its name in a system property.
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
        throw new picocli.CommandLine.ParameterException(spec.commandLine(), "options need a command before them");
    }
}
