package io.quern.launch;

import io.quern.process.ProcessStarter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Makes the launcher for a decision. */
public final class Launchers {
    private Launchers() {}

    /**
     * @param cacheFolder where AOT caches are kept
     * @param program the native launcher, where there is one
     * @param fallenBack is told why, once, if workers have to be spawned after all
     * @throws IllegalStateException if the classes of a worker cannot be found
     */
    public static Launcher of(
            Decision decision,
            WorkerConfig config,
            Path cacheFolder,
            Optional<Path> program,
            Consumer<String> fallenBack) {
        WorkerClassPath classPath = WorkerClassPath.find(Launchers.class.getClassLoader());
        WorkerCommand command = WorkerCommand.of(classPath, config.jvmOptions().orElse(List.of()));
        AotRecorder recorder = new AotRecorder(command, new AotCache(cacheFolder, command), config.aotCache());
        ProcessStarter starter = new ProcessStarter();
        SpawnLauncher spawn = new SpawnLauncher(starter, command, recorder);
        return switch (decision.method()) {
            case SPAWN -> spawn;
            case FORKSERVER ->
                new ForkServerLauncher(starter, program.orElseThrow(), command, recorder, spawn, fallenBack);
            case FORK, INLINE ->
                throw new IllegalArgumentException("the policy never chooses " + decision.method() + " yet");
        };
    }
}
