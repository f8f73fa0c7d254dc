package io.quern.boot;

import io.quern.device.HostFacts;
import io.quern.home.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The conditions on which a measured speed depends: a measurement applies only to a start under the same.
 *
 * @param model the file, its size, the time of its last change, and a checksum of its beginning
 * @param processor the processor's name
 * @param cpus the number that this process may use
 * @param libraries the folder with llama.cpp's libraries; that of the bundled ones contains their checksum
 */
record MeasuredUnder(String model, String processor, double cpus, String libraries) {
    /** Contains the metadata of most models, apart from the vocabulary. */
    private static final int HEADER = 64 << 10;

    private static final String NAME = "model name";

    static MeasuredUnder of(HostFacts host, Path model, Path libraries) {
        return new MeasuredUnder(describe(model), processor(host), host.cpus(), libraries.toString());
    }

    /** Returns a name for a file. */
    String digest() {
        return Sha256.of(toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String describe(Path model) {
        try (InputStream in = Files.newInputStream(model)) {
            return model + " " + Files.size(model) + " " + Files.getLastModifiedTime(model) + " "
                    + Sha256.of(in.readNBytes(HEADER));
        } catch (IOException e) {
            // nothing is found for it, and planning reports the file's problem elsewhere
            return model + " unreadable";
        }
    }

    private static String processor(HostFacts host) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith(NAME)).findFirst().orElse(host.arch());
        } catch (IOException e) {
            return host.arch();
        }
    }
}
