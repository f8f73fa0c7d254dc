package io.quern.launch;

import io.quern.process.ProcessStarter;
import java.nio.file.Path;
import java.util.List;

/** Makes the launcher for a decision. */
public final class Launchers {
    private Launchers() {}

    /**
     * @param cacheFolder where AOT caches are kept
     * @throws IllegalStateException if the classes of a worker cannot be found
     */
    public static Launcher of(Decision decision, WorkerConfig config, Path cacheFolder) {
        WorkerClassPath classPath = WorkerClassPath.find(Launchers.class.getClassLoader());
        WorkerCommand command = WorkerCommand.of(classPath, config.jvmOptions().orElse(List.of()));
        AotRecorder recorder = new AotRecorder(command, new AotCache(cacheFolder, command), config.aotCache());
        return switch (decision.method()) {
            case SPAWN -> new SpawnLauncher(new ProcessStarter(), command, recorder);
            case FORK, FORKSERVER, INLINE ->
                throw new IllegalArgumentException("the policy never chooses " + decision.method() + " yet");
        };
    }
}
