package io.quern.cli;

import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.config.SmallRyeConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Asks the engine that runs beside it how it is: the health check of an image, which has no program that could. */
@Command(
        name = "health",
        mixinStandardHelpOptions = true,
        description = "Asks the engine on this machine whether it takes requests. Exit code 0 if it does, 1 if not.")
final class Health implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    @Spec
    CommandSpec spec;

    @Option(names = "--live", description = "Whether it lives, loading or not, instead.")
    boolean live;

    @Override
    public Integer call() {
        SmallRyeConfig config =
                ConfigUtils.configBuilder().withMappingIgnore("quern.**").build();
        LocalEngine engine = LocalEngine.management(config, PATIENCE);
        try {
            LocalEngine.Reply reply = engine.get(live ? "/q/health/live" : "/health");
            spec.commandLine().getOut().println(reply.body().strip());
            return reply.status() == 200 ? 0 : 1;
        } catch (IOException e) {
            spec.commandLine().getErr().println("no answer from " + engine.address() + ": " + e.getMessage());
            return 1;
        }
    }
}
