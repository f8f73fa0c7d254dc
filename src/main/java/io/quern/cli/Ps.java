package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.client.ApiKey;
import io.quern.client.Endpoint;
import io.quern.engines.EngineRecords;
import io.quern.engines.ManagementClient;
import io.quern.home.QuernHome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Lists the workers of running engines. */
@RegisterForReflection(targets = {EngineStatus.class, EngineStatus.Worker.class})
@Command(
        name = "ps",
        description = {
            "Shows the workers of running engines: pid, model, state, slots, tokens per second and memory. It finds the"
                    + " engines that run on this machine with the same QUERN_HOME."
        },
        exitCodeList = {
            "0:all engines answered, or none runs",
            "1:the home cannot be used",
            "2:the command line is wrong",
            "5:an engine cannot be reached; the others are shown"
        },
        footer = {
            "  ${COMMAND-FULL-NAME}",
            "  ${COMMAND-FULL-NAME} --watch",
            "  ${COMMAND-FULL-NAME} --json | jq '.[].workers[].tokensPerSecond'",
            "  ${COMMAND-FULL-NAME} --url http://gpu-1:9000",
            "",
            "RSS is the memory of a process. Workers that were forked from one process share most of it; PSS divides"
                    + " what is shared by the number of its users."
        })
final class Ps implements Callable<Integer> {
    /** Time between the two readings of the tokens. */
    private static final Duration SAMPLE = Duration.ofMillis(500);

    private static final Duration WATCH = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final String MANAGEMENT_ROOT = "/q";

    @Mixin
    CommonOptions common;

    @Mixin
    KeyOption key;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Shows the engine with this management interface too, such as http://host:9000. Can be"
                    + " repeated.")
    List<String> urls = List.of();

    @Option(names = "--json", description = "Prints a JSON array; with --watch, one for each look.")
    boolean json;

    @Option(
            names = {"-w", "--watch"},
            description = "Shows the engines again every two seconds, until Ctrl-C.")
    boolean watch;

    @Override
    public Integer call() throws InterruptedException {
        List<URI> others;
        EngineRecords records;
        try {
            others = urls.stream().map(Ps::management).toList();
            records = new EngineRecords(QuernHome.locate(Settings.readHome()));
            try (Survey survey = new Survey(
                    records, others, new ManagementClient(PATIENCE, key.find().map(ApiKey::value)))) {
                return watch ? watch(survey) : once(survey).number();
            }
        } catch (IllegalArgumentException e) {
            throw new ParameterException(common.spec.commandLine(), e.getMessage(), e);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, e.getMessage(), e);
        }
    }

    private static URI management(String url) {
        URI typed = Endpoint.http(url);
        String path = typed.getPath().replaceAll("/+$", "");
        return URI.create(
                typed.getScheme() + "://" + typed.getRawAuthority() + (path.isEmpty() ? MANAGEMENT_ROOT : path));
    }

    private ExitCode once(Survey survey) throws InterruptedException {
        List<EngineStatus> engines = survey.look();
        if (!engines.isEmpty()) {
            Thread.sleep(SAMPLE);
            engines = survey.look();
        }
        Output out = common.output(json);
        if (json) {
            out.write(engines);
        } else if (engines.isEmpty()) {
            out.note("No engine runs with this QUERN_HOME. Start one with: " + Commands.name() + " serve");
        } else {
            new StatusTable(out, width()).print(engines);
        }
        return engines.stream().allMatch(engine -> engine.problem() == null) ? ExitCode.DONE : ExitCode.UNREACHABLE;
    }

    private static int width() {
        if (!Streams.OUT.isTerminal()) {
            return Integer.MAX_VALUE;
        }
        try (var terminal = Tty.open(false)) {
            return terminal.getWidth() > 0 ? terminal.getWidth() : Integer.MAX_VALUE;
        } catch (IOException e) {
            return Integer.MAX_VALUE;
        }
    }

    /** Never returns: Ctrl-C ends it. */
    private int watch(Survey survey) throws IOException, InterruptedException {
        survey.look();
        Thread.sleep(SAMPLE);
        if (json || !Streams.OUT.isTerminal()) {
            Output out = common.output(json);
            while (!common.spec.commandLine().getOut().checkError()) {
                List<EngineStatus> engines = survey.look();
                if (json) {
                    out.write(engines);
                } else {
                    new StatusTable(out, Integer.MAX_VALUE).print(engines);
                    out.line();
                }
                Thread.sleep(WATCH);
            }
            return ExitCode.FAILED.number();
        }
        try (LiveLines live = new LiveLines()) {
            while (true) {
                StringWriter text = new StringWriter();
                PrintWriter writer = new PrintWriter(text);
                Output out = new Output(false, Streams.OUT.isColoured(), writer, writer);
                List<EngineStatus> engines = survey.look();
                if (engines.isEmpty()) {
                    out.line("No engine runs with this QUERN_HOME.");
                }
                new StatusTable(out, live.width()).print(engines);
                live.show(text.toString().lines().toList());
                Thread.sleep(WATCH);
            }
        }
    }
}
