package io.quern.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options of every command, and its output. Use it as a {@code @Mixin}. */
final class CommonOptions {
    static final String DEBUG = "--debug";

    @Spec(Spec.Target.MIXEE)
    CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Shows this help.")
    boolean help;

    @Option(names = DEBUG, description = "Shows the stack trace of an error, as QUERN_DEBUG=true does.")
    boolean debug;

    /** Returns the output of a command that prints text only. */
    Output output() {
        return output(false);
    }

    /** @param json whether the user asked for JSON */
    Output output(boolean json) {
        return Output.of(spec.commandLine(), json);
    }
}
