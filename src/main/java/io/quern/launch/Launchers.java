package io.quern.launch;

import io.quern.process.ProcessStarter;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Makes the launcher for a decision. */
public final class Launchers {
    private Launchers() {}

    /**
     * @param cacheFolder where AOT caches are kept
     * @param program the native launcher, where there is one
     * @param inline runs a worker in this process
     * @param door takes the engine's end of an inline worker's connection
     * @param fallenBack is told why, once, if workers have to be spawned after all
     * @param before what an earlier application's launcher for the same decision gave ({@link Launcher#handOver}); empty: nothing
     * @throws IllegalStateException if the classes of a worker cannot be found
     * @throws IOException if what came before cannot be gone on with
     */
    @SuppressWarnings("unchecked")
    public static Launcher of(
            Decision decision,
            WorkerConfig config,
            Path cacheFolder,
            Optional<Path> program,
            InlineWorker inline,
            Consumer<ByteChannel> door,
            Consumer<String> fallenBack,
            Map<String, Object> before)
            throws IOException {
        if (decision.method() == StartMethod.INLINE) {
            return new InlineLauncher(inline, door);
        }
        WorkerClassPath classPath = WorkerClassPath.find(Launchers.class.getClassLoader());
        WorkerCommand command = WorkerCommand.of(classPath, config.jvmOptions().orElse(List.of()));
        AotRecorder recorder = new AotRecorder(command, new AotCache(cacheFolder, command), config.aotCache());
        ProcessStarter starter = before.isEmpty()
                ? new ProcessStarter()
                : ProcessStarter.takeOver((Map<String, Object>) before.get("starter"));
        SpawnLauncher spawn = new SpawnLauncher(starter, command, recorder);
        if (decision.method() == StartMethod.SPAWN) {
            return spawn;
        }
        ForkLauncher.Parents parents = decision.method() == StartMethod.FORK
                ? (folder, what, progress) -> ForkParent.owner(Owner.find().orElseThrow(), folder, what, progress)
                : (folder, what, progress) ->
                        ForkParent.server(starter, program.orElseThrow(), folder, what, progress, List.of());
        ForkParent current =
                before.isEmpty() ? null : ForkParent.takeOver(starter, (Map<String, Object>) before.get("parent"));
        return new ForkLauncher(decision.method(), parents, command, recorder, spawn, fallenBack, current);
    }

    /** Ends what an earlier application's launcher has handed over, and so all its workers, where nobody goes on with it. */
    @SuppressWarnings("unchecked")
    public static void discard(Map<String, Object> before) {
        // with the thread that has made them
        ProcessStarter.takeOver((Map<String, Object>) before.get("starter")).close();
    }
}
