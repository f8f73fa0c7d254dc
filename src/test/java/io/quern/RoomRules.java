package io.quern;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The rules for imports between rooms, as in docs/internals/architecture.md. A room is a package directly below the
 * root, with all packages below it.
 *
 * @param root {@code io.quern}, or another package to test that the rules fail
 */
record RoomRules(String root) {
    private static final Map<String, Set<String>> MAY_IMPORT = new TreeMap<>(Map.ofEntries(
            Map.entry("devui", Set.of()),
            Map.entry("generation", Set.of()),
            Map.entry("grammar", Set.of("settings", "text")),
            Map.entry("files", Set.of()),
            Map.entry("home", Set.of("files")),
            Map.entry("jinja", Set.of()),
            Map.entry("log", Set.of()),
            Map.entry("llama", Set.of()),
            Map.entry("process", Set.of("files", "threads")),
            Map.entry("settings", Set.of()),
            Map.entry("text", Set.of()),
            Map.entry("threads", Set.of()),
            Map.entry("time", Set.of()),
            Map.entry("wire", Set.of("generation")),
            Map.entry("socket", Set.of("files", "wire")),
            Map.entry("device", Set.of("process", "settings")),
            Map.entry("libraries", Set.of("files", "home")),
            Map.entry("topology", Set.of("settings")),
            Map.entry("policy", Set.of("device", "topology")),
            Map.entry("fork", Set.of("log", "process", "home", "threads")),
            Map.entry("sandbox", Set.of("fork", "policy", "libraries", "files", "home")),
            Map.entry("jvm", Set.of("sandbox", "process", "files", "home")),
            Map.entry(
                    "launch",
                    Set.of(
                            "settings",
                            "log",
                            "policy",
                            "fork",
                            "sandbox",
                            "jvm",
                            "libraries",
                            "wire",
                            "process",
                            "device",
                            "home",
                            "threads")),
            Map.entry("store", Set.of("home", "files", "settings", "text", "threads")),
            Map.entry("tools", Set.of("grammar")),
            Map.entry(
                    "model",
                    Set.of("generation", "home", "jinja", "log", "settings", "store", "text", "threads", "tools")),
            Map.entry(
                    "boot",
                    Set.of(
                            "topology",
                            "launch",
                            "policy",
                            "fork",
                            "sandbox",
                            "jvm",
                            "libraries",
                            "device",
                            "process",
                            "model",
                            "store",
                            "home",
                            "files",
                            "settings")),
            Map.entry(
                    "pool",
                    Set.of(
                            "topology",
                            "log",
                            "boot",
                            "launch",
                            "policy",
                            "fork",
                            "sandbox",
                            "jvm",
                            "libraries",
                            "device",
                            "process",
                            "socket",
                            "wire",
                            "model",
                            "store",
                            "home",
                            "generation",
                            "settings",
                            "threads",
                            "time")),
            Map.entry("admission", Set.of("log", "pool", "generation", "settings", "threads", "time")),
            Map.entry(
                    "catalog",
                    Set.of(
                            "admission",
                            "boot",
                            "device",
                            "files",
                            "generation",
                            "home",
                            "launch",
                            "log",
                            "model",
                            "policy",
                            "pool",
                            "sandbox",
                            "settings",
                            "store",
                            "text",
                            "threads",
                            "time",
                            "tools")),
            Map.entry(
                    "openai",
                    Set.of(
                            "admission",
                            "catalog",
                            "generation",
                            "grammar",
                            "log",
                            "model",
                            "settings",
                            "text",
                            "tools")),
            // generation, because admission passes types of generation to its observers
            Map.entry(
                    "ops",
                    Set.of(
                            "topology",
                            "pool",
                            "admission",
                            "catalog",
                            "launch",
                            "policy",
                            "device",
                            "model",
                            "generation",
                            "openai",
                            "settings")),
            Map.entry("worker", Set.of("wire", "socket", "generation", "llama")),
            Map.entry("weights", Set.of("llama", "worker")),
            Map.entry("quantize", Set.of("jvm", "process", "device", "model", "home", "files", "settings", "text")),
            Map.entry("probe", Set.of("device", "llama")),
            Map.entry("engines", Set.of("files", "home", "process")),
            Map.entry("client", Set.of("text")),
            Map.entry("chat", Set.of("client", "files", "text")),
            Map.entry("bench", Set.of("client")),
            Map.entry(
                    "embed",
                    Set.of(
                            "generation",
                            "grammar",
                            "home",
                            "settings",
                            "text",
                            "threads",
                            "time",
                            "wire",
                            "socket",
                            "process",
                            "device",
                            "launch",
                            "policy",
                            "fork",
                            "sandbox",
                            "jvm",
                            "libraries",
                            "store",
                            "model",
                            "boot",
                            "pool",
                            "admission",
                            "catalog",
                            "openai",
                            "ops",
                            "worker",
                            "llama"))));

    /** The room that may import all others, and that no room may import. */
    private static final String TOP = "cli";

    private static final String[] FRAMEWORKS = {
        "io.quarkus..", "jakarta..", "io.vertx..", "io.smallrye..", "org.jboss.."
    };

    /** Packages of modules that the workers' run-time image lacks (src/build/RuntimeImage.java). */
    private static final String[] OTHER_MODULES = {
        "java.lang.management..",
        "javax.management..",
        "com.sun.management..",
        "java.net.http..",
        "java.beans..",
        "java.sql..",
        "java.rmi..",
        "javax.naming..",
        "java.lang.instrument.."
    };

    static Stream<String> rooms() {
        return Stream.concat(MAY_IMPORT.keySet().stream(), Stream.of(TOP));
    }

    ArchRule importsOnlyWhatItMay(String room) {
        Set<String> allowed = MAY_IMPORT.getOrDefault(room, Set.of());
        String[] forbidden = rooms().filter(
                        other -> !other.equals(room) && !allowed.contains(other) && !room.equals(TOP))
                .map(this::room)
                .toArray(String[]::new);
        return noClasses()
                .that(resideInAPackage(room(room)))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden)
                .as(room + " imports no room but " + allowed)
                .allowEmptyShould(true);
    }

    ArchRule everyClassIsInAKnownRoom() {
        return classes()
                .that(resideInAPackage(root + ".."))
                .should()
                .resideInAnyPackage(rooms().map(this::room).toArray(String[]::new));
    }

    ArchRule foreignMemoryStaysInLlamaProbeAndWorker() {
        return noClasses()
                .that(resideOutsideOfPackages(room("llama"), room("probe"), room("worker")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.foreign..");
    }

    /** The workers' class path contains no framework, so that workers start fast. */
    ArchRule workerSideUsesNoFramework() {
        return noClasses()
                .that()
                .resideInAnyPackage(
                        room("worker"),
                        room("weights"),
                        room("probe"),
                        room("llama"),
                        room("wire"),
                        room("socket"),
                        room("generation"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        Stream.of(FRAMEWORKS, OTHER_MODULES).flatMap(Stream::of).toArray(String[]::new));
    }

    ArchRule roomsFormNoCycle() {
        return slices().matching(root + ".(*)..").should().beFreeOfCycles();
    }

    private String room(String name) {
        return root + "." + name + "..";
    }
}
