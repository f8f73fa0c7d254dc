package io.quern.boot;

import io.quern.files.PrivateFolder;
import io.quern.home.QuernHome;
import io.quern.topology.Measurement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Keeps measured speeds in Quern's home: one file for each model, machine and version of llama.cpp. */
final class Measurements {
    private static final Logger LOG = Logger.getLogger(Measurements.class);
    private static final String FOLDER = "measurements";

    private final QuernHome home;

    private Measurements(QuernHome home) {
        this.home = home;
    }

    static Measurements in(QuernHome home) {
        return new Measurements(home);
    }

    /** Returns what was measured under these conditions. A file that cannot be read is like none. */
    Optional<Measurement> find(MeasuredUnder conditions) {
        Path file = home.folder().resolve(FOLDER).resolve(conditions.digest());
        try {
            List<Measurement.Speed> speeds = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                if (!line.startsWith("#")) {
                    speeds.add(speed(line));
                }
            }
            return speeds.isEmpty() ? Optional.empty() : Optional.of(new Measurement(List.copyOf(speeds)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            LOG.warnf("The measured speed of the model cannot be read, and is ignored: %s: %s", file, e.getMessage());
            return Optional.empty();
        }
    }

    /**
     * Checks before a measurement whether its result can be kept.
     *
     * @throws IOException if it cannot
     * @throws io.quern.home.HomeException if it cannot
     */
    void requireWritable() throws IOException {
        boolean there = Files.exists(home.folder().resolve(FOLDER));
        // a measurement that fails should leave no empty folder
        Path folder = there ? home.make(FOLDER) : home.folder();
        if (Files.exists(folder) && !Files.isWritable(folder)) {
            throw new IOException("Cannot write to " + folder);
        }
    }

    /** @throws IOException if it cannot be written */
    void keep(MeasuredUnder conditions, Measurement measurement) throws IOException {
        Path folder = home.make(FOLDER);
        List<String> lines = new ArrayList<>();
        lines.add("# " + conditions.toString().replaceAll("\\p{Cntrl}", "?"));
        measurement
                .speeds()
                .forEach(speed -> lines.add(speed.threads() + " " + speed.streams() + " " + speed.tokensPerSecond()));
        PrivateFolder.write(folder.resolve(conditions.digest()), String.join("\n", lines) + "\n");
    }

    /**
     * Parses threads, streams and tokens per second.
     *
     * @throws IllegalArgumentException if the line is something else
     */
    static Measurement.Speed speed(String line) {
        String[] parts = line.strip().split(" ");
        if (parts.length == 3) {
            Measurement.Speed speed = new Measurement.Speed(
                    Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Double.parseDouble(parts[2]));
            if (speed.threads() > 0
                    && speed.streams() >= 0
                    && speed.tokensPerSecond() > 0
                    && Double.isFinite(speed.tokensPerSecond())) {
                return speed;
            }
        }
        throw new IllegalArgumentException("not a measured speed: " + line);
    }
}
