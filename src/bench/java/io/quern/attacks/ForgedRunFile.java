package io.quern.attacks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A forged run file names a foreign process as the child of an engine that has ended. */
final class ForgedRunFile implements Attack {
    @Override
    public String name() {
        return "forged-run-file";
    }

    @Override
    public String tries() {
        return "Another user writes a run file into the temporary folder."
                + " The engine should not kill the process that it names.";
    }

    @Override
    public boolean needsRoot() {
        return true;
    }

    @Override
    public Finding run(Target target) throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        Process foreign = new ProcessBuilder("sleep", "300").start();
        try (SharedTemporary temporary = SharedTemporary.in(target, name())) {
            String stat = Files.readString(Path.of("/proc/" + foreign.pid() + "/stat"));
            String start = stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
            String scope =
                    Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip() + ":"
                            + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"))
                                    .toString()
                                    .replaceAll("\\D", "");
            String engine = "engine " + ended.pid() + " 1 " + scope + "\n";
            String child = "child " + foreign.pid() + " " + start + " worker-0";
            String program = Files.readSymbolicLink(Path.of("/proc/" + foreign.pid() + "/exe"))
                    .toString();
            // In the formats of older and newer versions, and in both places where they look.
            Nobody.script("""
                    cd "$1"
                    mkdir -p quern-1-00000001 quern-1-00000002 quern-0/quern-1-00000003
                    printf '%s%s\\n' "$2" "$3" > quern-1-00000001/processes
                    printf '%s%s %s\\n' "$2" "$3" "$4" > quern-1-00000002/processes
                    cp quern-1-00000002/processes quern-0/quern-1-00000003
                    """, temporary.folder(), engine, child, program);
            try (Victim victim = target.start(temporary.environment())) {
                boolean killed = foreign.waitFor(100, TimeUnit.MILLISECONDS);
                return Finding.of(
                        !killed,
                        "the foreign process %s; the engine serves: %s",
                        killed ? "was killed by the engine" : "is still running",
                        victim.process().isAlive());
            }
        } finally {
            foreign.destroyForcibly();
        }
    }
}
