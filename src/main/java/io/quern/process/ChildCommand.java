package io.quern.process;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What to start.
 *
 * @param name for thread names and messages, such as "worker 0"
 * @param command program and arguments
 * @param environment set on top of the engine's own
 * @param withoutEnvironment names taken out of it
 * @param stdinLine first line of the child's standard input (secrets, which a command line would show to everyone), or null
 * @param output is given each line of standard output and error, on a thread of the child's
 */
public record ChildCommand(
        String name,
        List<String> command,
        Map<String, String> environment,
        Set<String> withoutEnvironment,
        String stdinLine,
        Consumer<String> output) {}
