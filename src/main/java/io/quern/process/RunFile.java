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
 * Which process an engine is, and which children it has made, in a file that outlives them: {@link Leftovers} reads it.
 * Safe for use by several threads.
 */
public final class RunFile implements AutoCloseable {
    static final String NAME = "processes";

    private static final String SEPARATOR = "\t";

    /** Beyond so many lines those of ended processes go. */
    private static final int MAX_LINES = 1000;

    private static final int MAX_BYTES = 1 << 20;
    private static final Pattern ENGINE = Pattern.compile("engine (\\d{1,10}) (\\d{1,20}) (\\S+)");
    private static final Pattern CHILD = Pattern.compile("child (\\d{1,10}) (\\d{1,20}) (\\S+) (.+)");

    /**
     * A process with the time of its start, see {@link StartTime}.
     *
     * @param programs one of which it executes, links resolved, with a tab between two; empty for the engine
     */
    record Entry(long pid, String start, String name, String programs) {
        boolean running() {
            return StartTime.of(pid).filter(start::equals).isPresent();
        }

        /** Whether that process is the one that was written down, and not another one by now. */
        boolean is(ProcessHandle process) {
            return running() && Executable.runs(process, List.of(programs.split(SEPARATOR)));
        }

        private String line() {
            return "child " + pid + " " + start + " " + name + " " + programs + "\n";
        }
    }

    /** @param scope in which pids mean anything, see {@link StartTime#scope} */
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
     * Begins one for this process in its private folder, or goes on with the one that it has begun there. One that
     * cannot be written is told by {@link #problem}, and does no harm.
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
     * Adds a child that is running. Writes to the file system: not for event loops.
     *
     * @param command what was started. A program may execute another one of its arguments, so each of them is one that
     *     the child may run
     */
    public void add(String name, List<String> command, long pid) {
        add(name, programs(command), pid);
    }

    /**
     * Adds a child that already executes what it will go on to execute: a forked one. Writes to the file system: not
     * for event loops.
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
            problem = "of " + name + " there is no telling what it runs";
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

    /** Why it could not be written, or null: then what an engine's crash leaves behind would be found. */
    public @Nullable String problem() {
        return problem;
    }

    public Path file() {
        return file;
    }

    /** Deletes it: the children are gone. */
    @Override
    public synchronized void close() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            problem = e.toString();
        }
    }

    /** As the kernel names them. */
    private static String programs(List<String> command) {
        Set<String> programs = new LinkedHashSet<>();
        for (String word : command) {
            if (word.startsWith("/") && Files.isRegularFile(Path.of(word)) && Files.isExecutable(Path.of(word))) {
                try {
                    programs.add(Path.of(word).toRealPath().toString());
                } catch (IOException e) {
                    // gone meanwhile
                }
            }
        }
        return String.join(SEPARATOR, programs);
    }

    /** In development mode an application goes on with the children of the one before. */
    private void goOn() {
        try {
            read(file)
                    .filter(earlier ->
                            earlier.engine().pid() == ProcessHandle.current().pid()
                                    && earlier.engine().running())
                    .ifPresent(earlier ->
                            earlier.children().stream().filter(Entry::running).forEach(children::add));
        } catch (IOException e) {
            // there is none
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
     * @return empty if it is not what {@link RunFile} writes, or another user could have written it: then nothing in it
     *     can be believed. A torn last line is left out
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
