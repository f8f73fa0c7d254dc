package io.quern.pool;

import com.google.protobuf.MessageLite;
import io.quern.launch.LaunchEvents;
import io.quern.launch.TokenIssuer;
import io.quern.launch.WorkerSpec;
import io.quern.launch.WorkerStarter;
import io.quern.policy.StartMethod;
import io.quern.process.ChildCommand;
import io.quern.process.ChildProcess;
import io.quern.process.ProcessStarter;
import java.io.File;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Starts {@link ScriptedWorker}s as real processes. */
class ScriptedStarter implements WorkerStarter {
    private final ProcessStarter starter;

    ScriptedStarter() {
        starter = new ProcessStarter();
    }

    @SuppressWarnings("unchecked")
    ScriptedStarter(Map<String, Object> before) {
        starter = ProcessStarter.takeOver((Map<String, Object>) before.get("starter"), (name, command, pid) -> {});
    }

    @Override
    public StartMethod method() {
        return StartMethod.SPAWN;
    }

    @Override
    public CompletionStage<ChildProcess> launch(WorkerSpec spec, TokenIssuer tokens, LaunchEvents events) {
        return starter.start(new ChildCommand(
                "worker-" + spec.id(),
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx64m",
                        "-XX:+ExitOnOutOfMemoryError",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        String.join(
                                File.pathSeparator,
                                where(ScriptedWorker.class),
                                where(WorkerPool.class),
                                where(MessageLite.class)),
                        ScriptedWorker.class.getName(),
                        "--worker=" + spec.id(),
                        "--socket=" + spec.socket(),
                        "--model=" + spec.settings().getModel()),
                Map.of(),
                Set.of(),
                tokens.issue(spec.settings()),
                events::output));
    }

    @Override
    public void prepareNext(WorkerSpec like) {}

    @Override
    public boolean handsOver() {
        return true;
    }

    @Override
    public Optional<Map<String, Object>> handOver() {
        return Optional.of(Map.of("starter", starter.handOver()));
    }

    @Override
    public ChildProcess takeUp(WorkerSpec spec, Map<String, Object> child, LaunchEvents events) {
        return starter.takeUp(child, events::output);
    }

    @Override
    public void close() {
        starter.close();
    }

    private static String where(Class<?> type) {
        return Path.of(URI.create(
                        type.getProtectionDomain().getCodeSource().getLocation().toString()))
                .toString();
    }
}
