package io.quern.gpu;

import io.quern.bench.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;

/** Reports the machine, writes the models and waits for the build. */
final class Preparation {
    private static final long POLL_MILLIS = 200;

    /** How many times as large as the memory a model is that does not fit. */
    private static final double TOO_LARGE = 1.25;

    private Preparation() {}

    static void machine(TestBed testBed) throws Exception {
        for (String command : List.of(
                "uname -a; head -n 2 /etc/os-release; ldd --version | head -n 1; id -u; nproc; uptime",
                "grep -m 1 'model name' /proc/cpuinfo; head -n 3 /proc/meminfo; df -h \"$PWD\" /tmp /dev/shm",
                "cat /proc/self/cgroup | head -n 5; grep cgroup /proc/mounts; cat /sys/fs/cgroup/memory.max"
                        + " /sys/fs/cgroup/cpu.max; ulimit -n -u -l -s",
                "ls -l /dev/nvidia* /dev/dri; ls -d /usr/local/cuda* /usr/local/nvidia/*; ldconfig -p | grep -E"
                        + " 'libcuda|libnvidia-ml|libcublas|libcudart'",
                "echo \"PATH=$PATH\"; env | grep -E '^(LD_|CUDA|NVIDIA|HOME|LANG|TMPDIR)' ; command -v nvcc cmake ninja"
                        + " make cc g++ python3 xz git curl",
                "cc --version | head -n 1; cmake --version | head -n 1; ninja --version; nvcc --version | tail -n 2",
                "nvidia-smi; nvidia-smi -q -d CLOCK,ECC,COMPUTE,MEMORY | head -n 80")) {
            testBed.report().block("$ " + command + "\n" + testBed.output(10, Map.of(), "bash", "-c", command));
        }
        testBed.report()
                .block("$ java -version\n"
                        + testBed.output(10, Map.of(), testBed.java().toString(), "-version"));
        if (testBed.device()) {
            testBed.note(
                    "NVML: %s, %s, %.0f MiB of memory of which %.0f are used, %.2f TB/s at most",
                    testBed.gpu().name(),
                    testBed.gpu().uuid(),
                    testBed.gpu().totalBytes() / (double) (1 << 20),
                    testBed.gpu().usedMebibytes(),
                    testBed.gpu().bandwidth() / 1e12);
        }
    }

    /** Runs doctor without the build, as a user sees it who starts Quern on this machine. */
    static void doctor(TestBed testBed) throws Exception {
        Map<String, String> own = new HashMap<>(System.getenv());
        own.put("QUERN_HOME", testBed.home().toString());
        String text = testBed.output(
                30, own, testBed.java().toString(), "-jar", testBed.jar().toString(), "doctor");
        testBed.report().block(text);
        testBed.check(text.contains("workers can start"), "workers can start");
    }

    static void models(TestBed testBed) throws Exception {
        boolean large = testBed.device();
        Path demo = demo(testBed);
        List<FutureTask<String>> tasks = new ArrayList<>();
        for (boolean half : List.of(false, true)) {
            RandomModel model = large ? RandomModel.billion(half) : RandomModel.tiny(half);
            tasks.add(new FutureTask<>(() -> write(testBed, model, demo, half ? "random-F16" : "random-Q4_0")));
        }
        double memory = large ? testBed.gpu().totalBytes() : Machine.memoryBytes();
        tasks.add(
                new FutureTask<>(() -> write(testBed, RandomModel.largerThan(TOO_LARGE * memory), demo, "too-large")));
        tasks.forEach(task -> Thread.ofPlatform().daemon().start(task));
        for (FutureTask<String> task : tasks) {
            try {
                testBed.note("%s", task.get());
            } catch (ExecutionException e) {
                testBed.check(false, "each model is written: %s", e.getCause());
            }
        }
    }

    private static String write(TestBed testBed, RandomModel model, Path demo, String name) throws IOException {
        long started = System.nanoTime();
        Path file = testBed.model(name);
        Path part = file.resolveSibling(name + ".part");
        model.write(demo, part);
        Files.move(part, file);
        return "%s: %s, %.0f MB%s, written in %.1f s"
                .formatted(
                        file.getFileName(),
                        model.name(),
                        Files.size(file) / 1e6,
                        model.empty() ? " without weights" : "",
                        (System.nanoTime() - started) / 1e9);
    }

    /** Returns the demo model, as the application has unpacked it for `doctor`. */
    static Path demo(TestBed testBed) throws IOException, InterruptedException {
        if (!Files.isDirectory(testBed.home())) {
            testBed.quern(30, TestBed.BUNDLED, "doctor");
        }
        try (Stream<Path> all = Files.walk(testBed.home())) {
            return all.filter(file -> file.getFileName().toString().equals("demo.gguf"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("the demo model has not been unpacked"));
        }
    }

    /** Waits for the build of the libraries. */
    static void build(TestBed testBed) throws Exception {
        await(testBed, "libraries");
    }

    /** Waits for the build of llama-server. */
    static void peer(TestBed testBed) throws Exception {
        await(testBed, "server");
    }

    private static void await(TestBed testBed, String part) throws Exception {
        Path status = testBed.work().resolve("build").resolve(part);
        try {
            while (!Files.exists(status)) {
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            testBed.report().block(log(testBed, 15));
            throw e;
        }
        int code = Integer.parseInt(Files.readString(status).strip());
        testBed.report().block(log(testBed, code == 0 ? 4 : 60));
        testBed.check(
                code == 0,
                "%s: built; exit status %d, %.0f s after the run began",
                part,
                code,
                testBed.report().seconds());
        if (code == 0 && part.equals("libraries")) {
            testBed.report()
                    .block(testBed.output(
                            10,
                            Map.of(),
                            "bash",
                            "-c",
                            "ls -lL '" + testBed.libraries() + "'; ldd '" + testBed.libraries() + "/libggml-cuda.so'"));
        }
    }

    private static String log(TestBed testBed, int lines) throws Exception {
        return testBed.output(
                5,
                Map.of(),
                "bash",
                "-c",
                "grep -E '^[0-9:]+ |error|Error|fatal|undefined' '" + testBed.work() + "/build/build.log' | tail -n "
                        + lines + "; tail -n " + lines + " '" + testBed.work() + "/build/build.log' | cut -c 1-300");
    }
}
