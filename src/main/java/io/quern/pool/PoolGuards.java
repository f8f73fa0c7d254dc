package io.quern.pool;

import io.quern.launch.Guard;
import io.quern.process.RunFile;
import io.quern.wire.Guards;
import io.quern.wire.Ready;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Lists what ends the workers when this engine ends, as the workers reported it. Pure. */
final class PoolGuards {
    private static final int SIGKILL = 9;

    private PoolGuards() {}

    /**
     * @param workers the reports of the workers that are ready
     * @param engine the pid of this process
     * @param runFile the file that lists processes, if the engine starts any
     */
    static List<Guard> of(List<Ready> workers, long engine, Optional<RunFile> runFile) {
        List<Guards> reports = workers.stream().map(Ready::getGuards).toList();
        List<Guards> launched =
                reports.stream().filter(g -> g.getParent() != engine).toList();
        return List.of(
                guard(
                        "parent-death-signal",
                        reports,
                        g -> g.getParentDeathSignal() == SIGKILL,
                        "the kernel kills the worker when its parent dies"),
                guard(
                        "end-of-stream",
                        reports,
                        Guards::getEndsWithStream,
                        "the worker ends when the engine's stream ends"),
                guard(
                        "parent-check",
                        reports,
                        Guards::getParentChecked,
                        "the worker checked that its parent was still running after it had asked for the signal"),
                launched.isEmpty()
                        ? new Guard("launcher", false, "no launcher started a worker")
                        : guard(
                                "launcher",
                                launched,
                                g -> g.getParentDeathSignal() == SIGKILL && g.getParentChecked(),
                                "the workers end with the launcher, process "
                                        + launched.getFirst().getParent()),
                runFile.map(PoolGuards::guard)
                        .orElseGet(() -> new Guard("run-file", false, "this engine starts no processes")));
    }

    private static Guard guard(String name, List<Guards> reports, Predicate<Guards> holds, String detail) {
        if (reports.isEmpty()) {
            return new Guard(name, false, "no worker is ready");
        }
        long holding = reports.stream().filter(holds).count();
        return new Guard(
                name,
                holding == reports.size(),
                detail + " (reported by " + holding + " of " + reports.size() + " workers)");
    }

    private static Guard guard(RunFile file) {
        return file.problem() == null
                ? new Guard("run-file", true, "the next boot kills the processes that a crash leaves: " + file.file())
                : new Guard("run-file", false, file.problem());
    }
}
