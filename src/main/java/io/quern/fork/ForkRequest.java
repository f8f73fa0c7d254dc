package io.quern.fork;

import java.nio.file.Path;
import java.util.List;

/**
 * Describes a worker to fork.
 *
 * @param name the worker's name, for threads and logs
 * @param token proves to the engine that this is the worker it started
 * @param engineSocket the engine's socket, to which the launcher connects the worker
 * @param jvmOptions options of its JVM, including the class path
 * @param arguments arguments of its main
 * @param confinement restrictions to apply first: items of the sandbox
 * @param environment all of its variables, each as NAME=VALUE
 */
public record ForkRequest(
        String name,
        String token,
        Path engineSocket,
        List<String> jvmOptions,
        List<String> arguments,
        List<String> confinement,
        List<String> environment) {

    /** @param id the id of the child for engine and launcher until it has a pid */
    ControlMessage message(String id, Path outputSocket) {
        return ControlMessage.of("fork", id, token, engineSocket.toString(), outputSocket.toString())
                .with(jvmOptions)
                .with(arguments)
                .with(confinement)
                .with(environment);
    }
}
