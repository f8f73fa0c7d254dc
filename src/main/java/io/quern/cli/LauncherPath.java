package io.quern.cli;

import io.quern.fork.LauncherProgram;
import io.quern.home.HomeException;
import io.quern.home.QuernHome;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Unpacks the launcher and prints its path. */
@Command(
        name = "launcher",
        mixinStandardHelpOptions = true,
        description =
                "Prints the path of the launcher. QUERN_WORKER_START_METHOD=fork PATH -- java -jar ... starts an engine"
                        + " whose parent forks its workers.")
final class LauncherPath implements Callable<Integer> {

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
