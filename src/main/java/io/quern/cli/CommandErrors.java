package io.quern.cli;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.home.HomeException;
import io.quern.model.ModelFileException;
import io.quern.store.StoreException;
import io.quern.text.Printable;
import io.smallrye.config.ConfigValidationException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Prints why a command failed: one message on standard error, with a stack trace only if the user wants it. */
final class CommandErrors {
    private static final String DEBUG_VARIABLE = "QUERN_DEBUG";

    private CommandErrors() {}

    /** Handles a command line that cannot be understood. Offers similar commands and options. */
    static int wrongUsage(ParameterException error, String[] args) {
        CommandLine command = error.getCommandLine();
        PrintWriter err = command.getErr();
        print(err, message(error));
        UnmatchedArgumentException.printSuggestions(error, err);
        err.println("See " + command.getCommandSpec().qualifiedName() + " --help.");
        err.flush();
        trace(error, command, err);
        return ExitCode.USAGE.number();
    }

    /** Returns picocli's message, or a better one for an unknown command. */
    private static String message(ParameterException error) {
        return error instanceof UnmatchedArgumentException unmatched
                        && unmatched.getCommandLine().getParent() == null
                        && !unmatched.isUnknownOption()
                ? "There is no command \"" + unmatched.getUnmatched().getFirst() + "\"."
                : error.getMessage();
    }

    /** Handles an exception that a command has thrown. */
    static int failed(Exception failure, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        ExitCode code = ExitCode.FAILED;
        switch (failure) {
            case CommandFailure known -> {
                print(err, known.getMessage());
                code = known.exitCode();
            }
            case StoreException known -> {
                print(err, known.getMessage());
                code = ExitCode.of(known.problem());
            }
            case ModelFileException wrong -> {
                print(err, wrong.getMessage());
                code = ExitCode.DAMAGED;
            }
            case HomeException wrong -> print(err, wrong.getMessage());
            case ConfigValidationException wrong -> print(err, wrong.getMessage());
            case ConfigurationException wrong -> print(err, wrong.getMessage());
            default ->
                print(
                        err,
                        "The command failed unexpectedly: " + failure + ". Run it again with " + CommonOptions.DEBUG
                                + ", and report the output.");
        }
        trace(failure, command, err);
        return code.number();
    }

    private static void print(PrintWriter err, String message) {
        Ansi ansi = Streams.ERR.isColoured() ? Ansi.ON : Ansi.OFF;
        err.println(ansi.string("@|bold,red error:|@ ") + Printable.lines(message));
        err.flush();
    }

    private static void trace(Exception failure, CommandLine command, PrintWriter err) {
        var option = command.getCommandSpec().findOption(CommonOptions.DEBUG);
        boolean wanted = option != null && Boolean.TRUE.equals(option.getValue());
        if (wanted || Boolean.parseBoolean(System.getenv(DEBUG_VARIABLE))) {
            failure.printStackTrace(err);
            err.flush();
        }
    }
}
