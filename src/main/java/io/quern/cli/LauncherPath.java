package io.quern.cli;

import io.quern.fork.LauncherProgram;
import io.quern.home.HomeException;
import io.quern.home.QuernHome;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Unpacks the launcher and prints its path. */
@Command(
        name = "launcher",
        description =
                "Prints the path of the launcher. An engine that the launcher starts can fork its workers from it.",
        exitCodeList = {
            "0:the path was printed",
            "1:this build has no launcher for this platform, or it cannot be unpacked",
            "2:the command line is wrong"
        },
        footer = "  QUERN_WORKER_START_METHOD=fork $(${COMMAND-FULL-NAME}) -- ${ROOT-COMMAND-NAME} serve")
final class LauncherPath implements Callable<Integer> {
    @Mixin
    CommonOptions common;

    @Override
    public Integer call() {
        Optional<Path> program;
        try {
            program = LauncherProgram.file(QuernHome.locate(Settings.read().home()));
        } catch (HomeException e) {
            System.err.println(e.getMessage());
            return 1;
        }
        if (program.isEmpty()) {
            System.err.println(
                    "This build has no native launcher for this platform: it was built without a C compiler.");
            return 1;
        }
        System.out.println(program.get());
        return 0;
    }
}
