package io.quern.attacks;

import io.quern.bench.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The application under attack, and the engines that attacks start from it. */
final class Target implements AutoCloseable {
    /** A small heap, so that unlimited memory use shows: a JVM uses whatever heap it may. */
    static final String HEAP = "-Xmx256m";

    private static final int SLOTS = 4;
    private static final int CONTEXT = 2048;

    private final Path application;
    private final Path folder;
    private final Path logs;
    private final boolean brief;
    private Victim shared;
    private Victim keyless;
    private int engines;

    /**
     * Creates the target; no engine runs yet.
     *
     * @param application the folder {@code quarkus-app}
     * @param folder an empty folder for homes and the files of attacks
     * @param logs the folder for the log of each engine
     * @param brief whether an attack should take only a few seconds
     */
    Target(Path application, Path folder, Path logs, boolean brief) {
        this.application = application.toAbsolutePath();
        this.folder = folder;
        this.logs = logs;
        this.brief = brief;
    }

    Path application() {
        return application;
    }

    /** Returns whether an attack should take only a few seconds; otherwise it may take a minute. */
    boolean brief() {
        return brief;
    }

    /** Makes a new empty folder. */
    Path newFolder(String name) throws IOException {
        return Files.createTempDirectory(folder, name + "-");
    }

    /**
     * Returns the engine that attacks share, ready, with {@value HEAP} and a key. An attack that needs other settings,
     * or might leave the engine in another state, starts its own.
     */
    Victim shared() throws IOException {
        if (shared == null) {
            shared = start(Map.of("QUERN_OPENAI_API_KEYS", Victim.KEY));
        }
        return shared;
    }

    /** Deadline of the engine without a key for heads and bodies. */
    static final String DEADLINE = "3s";

    /**
     * Returns an engine without a key that attacks share, ready, with {@value HEAP} and deadlines of {@value DEADLINE}
     * for heads and bodies. If an attack has ended the last one or it no longer serves, starts a new one.
     */
    Victim keyless() throws IOException {
        if (keyless != null && keyless.chat(Duration.ofSeconds(10)) != 200) {
            keyless.close();
            keyless = null;
        }
        if (keyless == null) {
            keyless = start(Map.of("QUERN_OPENAI_BODY_TIMEOUT", DEADLINE, "QUERN_HTTP_HEAD_TIMEOUT", DEADLINE));
        }
        return keyless;
    }

    boolean hasShared() {
        return shared != null;
    }

    /**
     * Starts another engine with these environment variables and waits until it answers. It has a key only if they set
     * one.
     */
    Victim start(Map<String, String> environment) throws IOException {
        return start(List.of(), environment);
    }

    /** Starts another engine as the arguments of a command and waits until it answers. */
    Victim start(List<String> wrapper, Map<String, String> environment) throws IOException {
        Victim victim = launch(wrapper, environment);
        victim.awaitReady();
        return victim;
    }

    /**
     * Starts another engine and does not wait for it.
     *
     * @param wrapper the command that runs the engine's command as its arguments, such as {@code setpriv} and its
     * options
     */
    Victim launch(List<String> wrapper, Map<String, String> environment) throws IOException {
        Map<String, String> all = new HashMap<>();
        all.put("JAVA_TOOL_OPTIONS", HEAP + " -XX:ActiveProcessorCount=2");
        // the attacks are on one worker, whatever the machine
        all.put("QUERN_POOL_WORKERS", "1");
        all.put("QUARKUS_MANAGEMENT_PORT", "0");
        all.put("QUARKUS_MANAGEMENT_HOST", "127.0.0.1");
        all.putAll(environment);
        Path home =
                Path.of(all.getOrDefault("QUERN_HOME", folder.resolve("home").toString()));
        Service.Quern quern = new Service.Quern(application.resolve("quarkus-run.jar"), home);
        Service.Kind kind = new Service.Kind() {
            @Override
            public String title() {
                return quern.title();
            }

            @Override
            public ProcessBuilder command(Path model, int slots, int context, int port) {
                ProcessBuilder builder = quern.command(model, slots, context, port);
                builder.environment().putAll(all);
                builder.command().addAll(0, wrapper);
                return builder;
            }
        };
        Path log = logs.resolve("%s-%03d.log".formatted(logs.getFileName(), ++engines));
        return new Victim(Service.launch(kind, null, SLOTS, CONTEXT, 0), log);
    }

    @Override
    public void close() {
        if (shared != null) {
            shared.close();
            shared = null;
        }
        if (keyless != null) {
            keyless.close();
            keyless = null;
        }
    }
}
