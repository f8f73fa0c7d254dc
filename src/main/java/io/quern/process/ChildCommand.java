package io.quern.process;

import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Describes a child process to start.
 *
 * @param name name for threads and messages, such as "worker 0"
 * @param command program and arguments
 * @param environment variables added to the engine's own
 * @param withoutEnvironment names of variables to remove
 * @param stdinLine first line of the child's standard input, or null; for secrets, which everyone can see in a command
 *     line
 * @param output receives each line of standard error, and of standard output if {@code answer} is null, on a thread for
 *     this child
 * @param answer reads standard output on its own thread up to a limit of its own; a child that writes more blocks. If
 *     null, standard output is treated like standard error
 */
public record ChildCommand(
        String name,
        List<String> command,
        Map<String, String> environment,
        Set<String> withoutEnvironment,
        @Nullable String stdinLine,
        Consumer<String> output,
        @Nullable Consumer<InputStream> answer) {

    public ChildCommand(
            String name,
            List<String> command,
            Map<String, String> environment,
            Set<String> withoutEnvironment,
            @Nullable String stdinLine,
            Consumer<String> output) {
        this(name, command, environment, withoutEnvironment, stdinLine, output, null);
    }

    /** Returns the same command with standard output read as an answer. */
    public ChildCommand answering(Consumer<InputStream> to) {
        return new ChildCommand(name, command, environment, withoutEnvironment, stdinLine, output, to);
    }
}
