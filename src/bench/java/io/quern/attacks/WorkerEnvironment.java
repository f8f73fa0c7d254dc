package io.quern.attacks;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Searches the memory of the engine's children for a secret from the engine's environment. */
final class WorkerEnvironment implements Attack {
    private static final String SECRET = "the-password-of-the-database";
    private static final int CHUNK = 1 << 20;

    @Override
    public String name() {
        return "secret-in-worker";
    }

    @Override
    public String tries() {
        return "Somebody reads the memory of the worker and the launcher."
                + " It should not contain the engine's environment variable SECRET_DB.";
    }

    @Override
    public Finding run(Target target) throws Exception {
        try (Victim victim = target.start(Map.of("SECRET_DB", SECRET))) {
            List<ProcessHandle> children = victim.processes().stream()
                    .filter(process -> process.pid() != victim.pid())
                    .toList();
            long containing = children.stream()
                    .filter(process -> containsSecret(process.pid()))
                    .count();
            return Finding.of(
                    containing == 0 && !children.isEmpty(),
                    "%d of %d children contain it",
                    containing,
                    children.size());
        }
    }

    private static boolean containsSecret(long pid) {
        byte[] wanted = SECRET.getBytes(StandardCharsets.US_ASCII);
        byte[] chunk = new byte[CHUNK];
        try (RandomAccessFile memory = new RandomAccessFile("/proc/" + pid + "/mem", "r")) {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "maps"))) {
                String[] fields = line.split(" +");
                // Only writable memory can contain it, not the files of libraries and the model.
                if (!fields[1].startsWith("rw")) {
                    continue;
                }
                String[] range = fields[0].split("-");
                long end = Long.parseUnsignedLong(range[1], 16);
                for (long at = Long.parseUnsignedLong(range[0], 16); at < end; at += CHUNK - wanted.length) {
                    if (contains(chunk, read(memory, at, (int) Math.min(CHUNK, end - at), chunk), wanted)) {
                        return true;
                    }
                }
            }
            return false;
        } catch (IOException e) {
            // The process has ended.
            return false;
        }
    }

    private static int read(RandomAccessFile memory, long at, int length, byte[] chunk) {
        try {
            memory.seek(at);
            return memory.read(chunk, 0, length);
        } catch (IOException e) {
            return 0;
        }
    }

    private static boolean contains(byte[] chunk, int length, byte[] wanted) {
        for (int at = 0; at <= length - wanted.length; at++) {
            if (chunk[at] == wanted[0] && Arrays.equals(chunk, at, at + wanted.length, wanted, 0, wanted.length)) {
                return true;
            }
        }
        return false;
    }
}
