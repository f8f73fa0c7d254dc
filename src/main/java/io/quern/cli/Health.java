package io.quern.cli;

import io.quarkus.runtime.configuration.ConfigUtils;
import io.quern.engines.EngineHttp;
import io.smallrye.config.SmallRyeConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Asks the engine on this machine for its health. Images use it as their health check, since they contain no HTTP
 * client.
 */
@Command(
        name = "health",
        description = "Asks the engine on this machine whether it accepts requests.",
        exitCodeList = {
            "0:the engine accepts requests; with --live, it is alive",
            "1:it does not, or it cannot be reached",
            "2:the command line is wrong"
        },
        footer = {
            "  ${COMMAND-FULL-NAME}",
            "  ${COMMAND-FULL-NAME} --live",
            "  ${COMMAND-FULL-NAME} -Dquarkus.management.port=9001"
        })
final class Health implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    @Mixin
    CommonOptions common;

    @Option(names = "--live", description = "Asks instead whether the engine is alive, even if it is still loading.")
    boolean live;

    @Override
    public Integer call() {
        SmallRyeConfig config =
                ConfigUtils.configBuilder().withMappingIgnore("quern.**").build();
        LocalEngine engine = LocalEngine.management(config, PATIENCE);
        try {
            EngineHttp.Reply reply = engine.get(live ? "/q/health/live" : "/health");
            common.spec.commandLine().getOut().println(reply.body().strip());
            return reply.status() == 200 ? 0 : 1;
        } catch (IOException e) {
            common.spec.commandLine().getErr().println("No answer from " + engine.address() + ": " + e.getMessage());
            return 1;
        }
    }
}
