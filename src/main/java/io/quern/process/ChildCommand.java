package io.quern.process;

import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What to start.
 *
 * @param name for thread names and messages, such as "worker 0"
 * @param command program and arguments
 * @param environment set on top of the engine's own
 * @param withoutEnvironment names taken out of it
 * @param stdinLine first line of the child's standard input (secrets, which a command line would show to everyone), or
 *     null
 * @param output is given each line of standard error, and of standard output where no {@code answer} takes it, on a
 *     thread of the child's
 * @param answer reads standard output, on a thread of its own, up to a bound of its own: a child that writes more then
 *     waits. Null: standard output is output like standard error
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

    /** The same child, whose standard output is an answer. */
    public ChildCommand answering(Consumer<InputStream> to) {
        return new ChildCommand(name, command, environment, withoutEnvironment, stdinLine, output, to);
    }
}
