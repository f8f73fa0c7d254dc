package io.quern.fork;

import java.nio.file.Path;
import java.util.List;

/**
 * What a forked worker is started with.
 *
 * @param name the worker's, for threads and logs
 * @param token proves to the engine that this is the worker it started
 * @param engineSocket where the engine listens; the launcher connects the worker to it
 * @param jvmOptions of its JVM, the class path among them
 * @param arguments of its main
 * @param confinement what it gives up first: items of the sandbox
 * @param environment all of its variables, each NAME=VALUE
 */
public record ForkRequest(
        String name,
        String token,
        Path engineSocket,
        List<String> jvmOptions,
        List<String> arguments,
        List<String> confinement,
        List<String> environment) {

    /** @param id what engine and launcher call the child until it has a process id */
    ControlMessage message(String id, Path outputSocket) {
        return ControlMessage.of("fork", id, token, engineSocket.toString(), outputSocket.toString())
                .with(jvmOptions)
                .with(arguments)
                .with(confinement)
                .with(environment);
    }
}
