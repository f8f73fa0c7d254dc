package io.quern.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Prints the script by which a shell completes commands and options. */
@Command(
        name = "completion",
        description = "Prints a script that completes commands and options in bash or zsh.",
        exitCodeList = {"0:the script was printed", "2:the command line is wrong"},
        footer = {
            "  source <(${COMMAND-FULL-NAME} bash)      now; for every shell, add the line to ~/.bashrc",
            "  source <(${COMMAND-FULL-NAME} zsh)       now; for every shell, add the line to ~/.zshrc"
        })
final class Completion implements Callable<Integer> {
    private static final String COMMAND = "quern";

    /** The shells that picocli's script knows; it finds out by itself which one reads it. */
    enum Shell {
        bash,
        zsh
    }

    @Mixin
    CommonOptions common;

    @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}")
    Shell shell;

    @Override
    public Integer call() {
        // not the name of this process, which may be a jar's
        var out = common.spec.commandLine().getOut();
        out.print(AutoComplete.bash(COMMAND, Commands.line(COMMAND)));
        out.flush();
        return ExitCode.DONE.number();
    }
}
