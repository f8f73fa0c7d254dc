package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.jvm.NativeExecutable;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Prints the versions of Quern and of what it consists of. */
@RegisterForReflection(targets = BuildInfo.class)
@Command(
        name = "version",
        description =
                "Shows the versions of Quern, llama.cpp, Java and Quarkus. Include them in a report of a problem.",
        exitCodeList = {"0:always"},
        footer = {"  ${COMMAND-FULL-NAME}", "  ${COMMAND-FULL-NAME} --json | jq -r .commit"})
final class Version implements Callable<Integer> {
    @Mixin
    CommonOptions common;

    @Option(names = "--json", description = "Prints one JSON object.")
    boolean json;

    @Override
    public Integer call() {
        Output out = common.output(json);
        BuildInfo build = BuildInfo.ofThisApplication();
        if (json) {
            out.write(build);
        } else {
            out.line(out.bold("quern ") + build.quern());
            out.line("commit     " + build.commit());
            out.line("llama.cpp  " + build.llama());
            out.line("Java       " + build.java() + (NativeExecutable.isThisProcess() ? " (native executable)" : ""));
            out.line("Quarkus    " + build.quarkus());
        }
        return ExitCode.DONE.number();
    }
}
