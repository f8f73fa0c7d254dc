package io.quern.probe;

import io.quern.device.Device;
import io.quern.device.Vendor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Runs NVIDIA's tool if its library cannot be used.
 *
 * @param program the executable
 * @param deadline time after which it is killed
 */
record NvidiaSmi(Path program, Duration deadline) {
    private static final String QUERY =
            "--query-gpu=uuid,name,memory.total,memory.free,compute_cap,driver_version,mig.mode.current";
    private static final int FIELDS = 7;
    private static final int MAX_OUTPUT_BYTES = 1 << 18;

    /** @throws IOException with a message that says why there is no answer */
    List<Found> ask() throws IOException {
        Process process = new ProcessBuilder(program.toString(), QUERY, "--format=csv,noheader,nounits")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        process.getOutputStream().close();
        CompletableFuture<String> output = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("nvidia-smi").start(() -> output.complete(read(process.getInputStream())));
        try {
            if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("did not answer within " + deadline.toSeconds() + " s");
            }
            String text = output.completeOnTimeout("", 1, TimeUnit.SECONDS).join();
            if (process.exitValue() != 0) {
                // the tool writes its error to standard output
                throw new IOException("ended with exit code " + process.exitValue() + ": "
                        + text.lines().findFirst().orElse("no output"));
            }
            return parse(text);
        } catch (InterruptedException e) {
            throw new IOException("was interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static String read(InputStream output) {
        try {
            return new String(output.readNBytes(MAX_OUTPUT_BYTES), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    static List<Found> parse(String text) throws IOException {
        List<Found> found = new ArrayList<>();
        for (String line : text.lines().filter(one -> !one.isBlank()).toList()) {
            String[] fields = line.split(",", -1);
            if (fields.length != FIELDS) {
                throw new IOException("printed an unexpected line: " + line);
            }
            for (int i = 0; i < FIELDS; i++) {
                fields[i] = known(fields[i]);
            }
            found.add(new Found(
                    new Device(
                            Vendor.NVIDIA,
                            fields[0],
                            fields[1],
                            bytes(fields[2]),
                            bytes(fields[3]),
                            fields[4],
                            fields[5],
                            fields[6].equals("Enabled"),
                            true,
                            "nvidia-smi"),
                    found.size()));
        }
        return found;
    }

    /** Returns an empty text for [N/A], [Not Supported] or [Unknown Error]. */
    private static String known(String field) {
        String stripped = field.strip();
        return stripped.startsWith("[") ? "" : stripped;
    }

    private static long bytes(String mebibytes) throws IOException {
        try {
            return mebibytes.isEmpty() ? 0 : Long.parseLong(mebibytes) << 20;
        } catch (NumberFormatException e) {
            throw new IOException("printed an invalid number of MiB: " + mebibytes, e);
        }
    }
}
