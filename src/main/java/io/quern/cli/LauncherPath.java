package io.quern.cli;

import io.quern.fork.LauncherProgram;
import io.quern.home.HomeException;
import io.quern.home.QuernHome;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Prints where the launcher lies, which it unpacks. */
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
                    "this build has no launcher for this platform: there was no C compiler where it was made");
            return 1;
        }
        System.out.println(program.get());
        return 0;
    }
}
