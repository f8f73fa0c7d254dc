package io.quern.launch;

import io.quern.home.Sha256;
import io.quern.jvm.WorkerClassPath;
import io.quern.jvm.WorkerCommand;
import io.quern.jvm.WorkerEnvironment;
import io.quern.policy.StartMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Identifies everything that workers are started with. If it is the same for two applications in a row, the later one
 * can adopt the workers of the earlier one. The engine's own code and its treatment of workers are not included.
 */
public final class WorkerFingerprint {
    /** The packages that a worker runs, in a folder with all of Quern's classes. */
    private static final List<String> ROOMS = List.of("generation", "wire", "socket", "worker", "llama");

    private final MessageDigest sha = Sha256.digest();

    private WorkerFingerprint() {}

    /**
     * Reads the worker's classes; of larger files, only size and modification time.
     *
     * @param specs the specs of all workers; their sockets are left out
     */
    public static String of(StartMethod method, WorkerConfig config, Installation installation, List<WorkerSpec> specs)
            throws IOException {
        WorkerCommand command = installation.runtime().command(config.jvmOptions());
        WorkerFingerprint print = new WorkerFingerprint();
        print.text(method.toString());
        print.text(installation.sandbox().fingerprint());
        print.text(command.line(List.of(), List.of()).toString());
        if (installation.launcher().isPresent()) {
            print.file(installation.launcher().get());
        }
        for (WorkerSpec spec : specs) {
            print.text(Integer.toString(spec.id()));
            print.bytes(spec.settings().toByteArray());
            print.text(WorkerEnvironment.added(spec.id(), spec.threads(), spec.devices())
                    .toString());
        }
        print.file(specs.getFirst().model());
        print.folder(installation.libraries());
        print.classPath(command.classPath());
        return print.result();
    }

    /** Covers only the classes. */
    static String ofClasses(WorkerClassPath classPath) throws IOException {
        WorkerFingerprint print = new WorkerFingerprint();
        print.classPath(classPath);
        return print.result();
    }

    private void classPath(WorkerClassPath classPath) throws IOException {
        for (Path element : classPath.elements()) {
            if (Files.isDirectory(element)) {
                for (String room : ROOMS) {
                    classes(element.resolve("io/quern").resolve(room));
                }
            } else {
                file(element);
            }
        }
    }

    private String result() {
        return HexFormat.of().formatHex(sha.digest());
    }

    private void text(String text) {
        sha.update(text.getBytes());
        sha.update((byte) 0);
    }

    private void bytes(byte[] bytes) {
        text(Integer.toString(bytes.length));
        sha.update(bytes);
    }

    private void file(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        text(file + " " + attributes.size() + " " + attributes.lastModifiedTime());
    }

    private void folder(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                file(file);
            }
        }
    }

    /** Reads their content, since a compiler may write unchanged files again. */
    private void classes(Path room) throws IOException {
        try (Stream<Path> files = Files.walk(room)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                text(file.toString());
                sha.update(Files.readAllBytes(file));
            }
        }
    }
}
