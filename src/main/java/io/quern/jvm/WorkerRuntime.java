package io.quern.jvm;

import io.quern.home.QuernHome;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The Java installation and classes with which workers and the device probe run. */
public final class WorkerRuntime {
    private final WorkerJava java;
    private final WorkerClassPath workerClasses;
    private final WorkerClassPath probeClasses;

    WorkerRuntime(WorkerJava java, WorkerClassPath workerClasses, WorkerClassPath probeClasses) {
        this.java = java;
        this.workerClasses = workerClasses;
        this.probeClasses = probeClasses;
    }

    /**
     * Finds them. A native executable unpacks the classes once per version of Quern and home folder, and blocks
     * meanwhile.
     *
     * @param configured {@code quern.worker.java}
     * @throws IllegalStateException if there is no suitable Java, or the place of the classes cannot be determined
     * @throws io.quern.home.HomeException if the classes cannot be unpacked
     */
    public static WorkerRuntime find(Optional<Path> configured, QuernHome home) {
        WorkerJava java = WorkerJava.find(configured);
        ClassLoader loader = WorkerRuntime.class.getClassLoader();
        if (NativeExecutable.isThisProcess()) {
            WorkerClassPath unpacked = WorkerClassPath.unpacked(loader, home);
            return new WorkerRuntime(java, unpacked, unpacked);
        }
        return new WorkerRuntime(java, WorkerClassPath.find(loader), WorkerClassPath.ofProbe(loader));
    }

    public WorkerJava java() {
        return java;
    }

    public WorkerClassPath workerClasses() {
        return workerClasses;
    }

    WorkerClassPath probeClasses() {
        return probeClasses;
    }

    /** @param jvmOptions {@code quern.worker.jvm-options} */
    public WorkerCommand command(Optional<List<String>> jvmOptions) {
        return WorkerCommand.of(java, workerClasses, jvmOptions.orElse(List.of()));
    }
}
