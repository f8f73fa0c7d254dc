package io.quern.cli;

import io.quern.home.DamagedBundleException;
import io.quern.home.HomeConfig;
import io.quern.home.HomeException;
import io.quern.launch.Installation;
import io.quern.launch.WorkerStarters;
import io.quern.libraries.LlamaLibrariesException;
import io.quern.model.ModelConfig;
import io.quern.model.ModelFileException;
import io.quern.model.ServedModel;
import io.quern.text.Printable;
import io.quern.tools.CallFormat;
import io.quern.tools.ReasoningFormat;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Does in advance, for an image, what the first start would do in its home. */
@Command(
        name = "prepare",
        description =
                "Prepares a folder for an image: unpacks the application's bundled files there and records the workers' AOT"
                        + " cache. An engine with quern.prepared=FOLDER looks there first and only reads it. Java, the"
                        + " application and the folder must already be at their final paths.",
        exitCodeList = {
            "0:the folder is complete",
            "1:a file could not be unpacked, or the AOT cache could not be recorded",
            "2:the command line is wrong"
        },
        footer = "  ${COMMAND-FULL-NAME} /opt/quern/prepared")
final class Prepare implements Callable<Integer> {
    @Mixin
    CommonOptions common;

    @Parameters(paramLabel = "FOLDER", description = "Created if it does not exist.")
    Path folder;

    private record Into(Optional<Path> home, Optional<Path> prepared) implements HomeConfig {}

    private record Demo(
            String model, Optional<String> modelName, CallFormat toolParser, ReasoningFormat reasoningParser)
            implements ModelConfig {}

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = Terminal.of(common.spec.commandLine().getOut());
        Settings settings = Settings.read();
        HomeConfig into = new Into(Optional.of(folder.toAbsolutePath()), Optional.empty());
        ServedModel demo = new ServedModel(
                new Demo("demo", Optional.empty(), CallFormat.AUTO, ReasoningFormat.AUTO),
                settings.template(),
                settings.modelStore());
        try {
            Installation installation = settings.in(into).planner(demo).installation();
            demo.open(installation::home);
            out.println("llama.cpp      " + installation.libraries());
            out.println("launcher       "
                    + installation.launcher().map(Path::toString).orElse("none: this was built without a C compiler"));
            out.println("demo model     " + demo.file());
            out.println("workers' java  " + installation.runtime().java().text());
            out.flush();
            Optional<Path> cache = new WorkerStarters(installation, settings.worker()).recordAotCache(demo.file());
            out.println("AOT cache      " + cache.map(Path::toString).orElse("none: it could not be recorded"));
            out.flush();
            return cache.isPresent() || !settings.worker().aotCache() ? 0 : 1;
        } catch (HomeException
                | DamagedBundleException
                | LlamaLibrariesException
                | ModelFileException
                | IllegalArgumentException
                | IllegalStateException e) {
            common.spec.commandLine().getErr().println(Printable.lines("PROBLEM: " + e.getMessage()));
            return 1;
        }
    }
}
