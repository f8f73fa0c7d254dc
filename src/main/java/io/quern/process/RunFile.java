package io.quern.process;

import io.quern.files.PrivateFolder;
import io.quern.files.Trust;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Records the engine's process and its children in a file that outlives them. {@link Leftovers} reads it. Thread-safe.
 */
public final class RunFile implements AutoCloseable {
    static final String NAME = "processes";

    private static final String SEPARATOR = "\t";

    /** Number of lines beyond which those of ended processes are removed. */
    private static final int MAX_LINES = 1000;

    private static final int MAX_BYTES = 1 << 20;
    private static final Pattern ENGINE = Pattern.compile("engine (\\d{1,10}) (\\d{1,20}) (\\S+)");
    private static final Pattern CHILD = Pattern.compile("child (\\d{1,10}) (\\d{1,20}) (\\S+) (.+)");

    /**
     * A process with its start time, see {@link StartTime}.
     *
     * @param programs the programs of which it executes one, links resolved, separated by tabs; empty for the engine
     */
    record Entry(long pid, String start, String name, String programs) {
        boolean running() {
            return StartTime.of(pid).filter(start::equals).isPresent();
        }

        /** Returns whether the recorded process still runs, and not another one with its pid. */
        boolean is(ProcessHandle process) {
            return running() && Executable.runs(process, List.of(programs.split(SEPARATOR)));
        }

        private String line() {
            return "child " + pid + " " + start + " " + name + " " + programs + "\n";
        }
    }

    /** @param scope the scope in which pids are valid, see {@link StartTime#scope} */
    record Content(Entry engine, String scope, List<Entry> children) {}

    private final Path file;
    private final String head;
    private final List<Entry> children = new ArrayList<>();
    private int lines;
    private volatile @Nullable String problem;

    private RunFile(Path file, String head) {
        this.file = file;
        this.head = head;
    }

    /**
     * Creates the file of this process in its private folder, or continues an existing one. If it cannot be written,
     * {@link #problem} says why; nothing else fails.
     */
    public static RunFile open(Path folder) {
        long pid = ProcessHandle.current().pid();
        String head = "engine " + pid + " " + StartTime.of(pid).orElse("0") + " " + StartTime.scope() + "\n";
        RunFile runFile = new RunFile(folder.resolve(NAME), head);
        runFile.goOn();
        runFile.rewrite();
        return runFile;
    }

    /**
     * Adds a running child. Writes to the file system, so do not call it on event loops.
     *
     * @param command its command line. A program may execute another one named in its arguments, so each of them counts
     *     as a program that the child may run
     */
    public void add(String name, List<String> command, long pid) {
        add(name, programs(command), pid);
    }

    /**
     * Adds a forked child, whose program does not change any more. Writes to the file system, so do not call it on
     * event loops.
     */
    public void add(String name, long pid) {
        ProcessHandle.of(pid).flatMap(Executable::of).ifPresent(program -> add(name, program, pid));
    }

    private synchronized void add(String name, String programs, long pid) {
        Optional<String> start = StartTime.of(pid);
        if (pid == 0 || start.isEmpty()) {
            return;
        }
        if (programs.lines().count() != 1) {
            problem = "the program of " + name + " is unknown";
            return;
        }
        Entry child = new Entry(pid, start.get(), name.replaceAll("\\s", "-"), programs);
        children.add(child);
        if (lines >= MAX_LINES) {
            children.removeIf(one -> !one.running());
            rewrite();
            return;
        }
        lines++;
        try {
            PrivateFolder.append(file, child.line());
        } catch (IOException e) {
            problem = e.toString();
        }
    }

    /** Returns why the file could not be written, or null if a later engine can find leftover processes by it. */
    public @Nullable String problem() {
        return problem;
    }

    public Path file() {
        return file;
    }

    /** Deletes the file after the children have ended. */
    @Override
    public synchronized void close() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            problem = e.toString();
        }
    }

    /** Returns the programs as the kernel names them. */
    private static String programs(List<String> command) {
        Set<String> programs = new LinkedHashSet<>();
        for (String word : command) {
            if (word.startsWith("/") && Files.isRegularFile(Path.of(word)) && Files.isExecutable(Path.of(word))) {
                try {
                    programs.add(Path.of(word).toRealPath().toString());
                } catch (IOException e) {
                    // deleted meanwhile
                }
            }
        }
        return String.join(SEPARATOR, programs);
    }

    /** Reads the children of the application before, which this one takes over in development mode. */
    private void goOn() {
        try {
            read(file)
                    .filter(earlier ->
                            earlier.engine().pid() == ProcessHandle.current().pid()
                                    && earlier.engine().running())
                    .ifPresent(earlier ->
                            earlier.children().stream().filter(Entry::running).forEach(children::add));
        } catch (IOException e) {
            // the file does not exist
        }
    }

    private void rewrite() {
        try {
            PrivateFolder.write(file, head + children.stream().map(Entry::line).collect(Collectors.joining()));
            lines = children.size();
        } catch (IOException e) {
            problem = e.toString();
        }
    }

    /**
     * @return the content without an incomplete last line; empty if the format is wrong or another user could have
     *     written the file, in which case nothing in it can be trusted
     */
    static Optional<Content> read(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES || !Trust.isRegular(file)) {
            return Optional.empty();
        }
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        List<String> whole =
                text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
        Matcher engine = ENGINE.matcher(whole.isEmpty() ? "" : whole.getFirst());
        if (!engine.matches()) {
            return Optional.empty();
        }
        List<Entry> children = new ArrayList<>();
        for (String line : whole.subList(1, whole.size())) {
            Matcher child = CHILD.matcher(line);
            if (!child.matches()) {
                return Optional.empty();
            }
            children.add(new Entry(Long.parseLong(child.group(1)), child.group(2), child.group(3), child.group(4)));
        }
        return Optional.of(new Content(
                new Entry(Long.parseLong(engine.group(1)), engine.group(2), "engine", ""), engine.group(3), children));
    }
}
