package io.quern.attacks;

import io.quern.bench.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The application under attack, and the engines of it that attacks start. */
final class Target implements AutoCloseable {
    /** Small enough that memory without a bound shows; a JVM takes what it may. */
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
     * @param application the folder {@code quarkus-app}
     * @param folder an empty one, for homes and whatever attacks need
     * @param logs where each engine's log is kept
     * @param brief whether an attack has only a few seconds
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

    /** In the full form an attack may take a minute; in the short one a few seconds. */
    boolean brief() {
        return brief;
    }

    /** A new empty folder. */
    Path newFolder(String name) throws IOException {
        return Files.createTempDirectory(folder, name + "-");
    }

    /**
     * The engine that attacks share, with {@value HEAP} and a key, ready. An attack that could leave it in another state, or needs other
     * settings, starts one of its own.
     */
    Victim shared() throws IOException {
        if (shared == null) {
            shared = start(Map.of("QUERN_OPENAI_API_KEYS", Victim.KEY));
        }
        return shared;
    }

    /** How long the engine without a key waits for heads and bodies. */
    static final String DEADLINE = "3s";

    /**
     * An engine without a key that attacks share, with {@value HEAP}, ready; its deadlines for heads and bodies are {@value DEADLINE}. A new
     * one if an attack has ended the last, or has left it in a state in which it serves nobody.
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

    /** Starts one more with these environment variables, without a key unless they name one, and waits until it answers. */
    Victim start(Map<String, String> environment) throws IOException {
        return start(List.of(), environment);
    }

    /** The same, its command an argument of another. */
    Victim start(List<String> wrapper, Map<String, String> environment) throws IOException {
        Victim victim = launch(wrapper, environment);
        victim.awaitReady();
        return victim;
    }

    /**
     * Starts one and does not wait.
     *
     * @param under what its command is an argument of, such as {@code setpriv} and its options
     */
    Victim launch(List<String> wrapper, Map<String, String> environment) throws IOException {
        Map<String, String> all = new HashMap<>();
        all.put("JAVA_TOOL_OPTIONS", HEAP + " -XX:ActiveProcessorCount=2");
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
