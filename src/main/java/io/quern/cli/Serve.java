package io.quern.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Runs the engine, as the application does without arguments. Its options set keys of the configuration, for this
 * process and above every other source.
 */
@Command(
        name = "serve",
        description = "Serves a model over the OpenAI API until it is stopped.",
        exitCodeList = {
            "0:the engine was stopped (SIGTERM, Ctrl-C)",
            "1:it could not start, or its workers were lost for good",
            "2:the command line is wrong",
            "3:the engine ran out of memory",
            "130, 143:a signal came while it was starting"
        },
        footer = {
            "  ${COMMAND-FULL-NAME}",
            "  ${COMMAND-FULL-NAME} /models/model.gguf --workers 2",
            "  ${COMMAND-FULL-NAME} --port 8081 --management-port 9001",
            "  ${COMMAND-FULL-NAME} -Dquern.shutdown.grace=5s",
            "",
            "Every key of the configuration can be set as -Dkey=value, as an environment variable, or in"
                    + " config/application.properties."
        })
final class Serve implements Callable<Integer> {
    /** A start method, written as in the configuration. */
    enum Method {
        AUTO,
        SPAWN,
        FORK,
        FORKSERVER,
        INLINE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Mixin
    CommonOptions common;

    @Parameters(
            arity = "0..1",
            paramLabel = "MODEL",
            description = "The model: a GGUF file, or demo. Default: quern.model, which is demo if nothing sets it.")
    @Nullable
    String model;

    @Option(names = "--name", paramLabel = "NAME", description = "The name that clients use for the model.")
    @Nullable
    String name;

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Where the API listens (127.0.0.1).")
    @Nullable
    String host;

    @Option(names = "--port", paramLabel = "PORT", description = "Port of the API (8080); 0 takes a free one.")
    @Nullable
    Integer port;

    @Option(
            names = "--management-port",
            paramLabel = "PORT",
            description = "Port of health and metrics (9000); 0 takes a free one.")
    @Nullable
    Integer managementPort;

    @Option(names = "--workers", paramLabel = "N", description = "Worker processes (auto).")
    @Nullable
    Integer workers;

    @Option(names = "--slots", paramLabel = "N", description = "Requests that a worker answers at once (auto).")
    @Nullable
    Integer slots;

    @Option(
            names = "--context-length",
            paramLabel = "TOKENS",
            description = "Tokens that a slot holds (the model's, at most 4096).")
    @Nullable
    Integer contextLength;

    @Option(
            names = "--start-method",
            paramLabel = "METHOD",
            description = "How workers are started: ${COMPLETION-CANDIDATES} (auto).")
    @Nullable
    Method startMethod;

    @Override
    public Integer call() {
        set("quern.model", model);
        set("quern.model-name", name);
        set("quarkus.http.host", host);
        set("quarkus.http.port", port);
        set("quarkus.management.port", managementPort);
        set("quern.pool.workers", workers);
        set("quern.worker.slots", slots);
        set("quern.worker.context-length", contextLength);
        set("quern.worker.start-method", startMethod);
        Quern.serve();
        return ExitCode.DONE.number();
    }

    private static void set(String key, @Nullable Object value) {
        if (value != null) {
            System.setProperty(key, value.toString());
        }
    }
}
