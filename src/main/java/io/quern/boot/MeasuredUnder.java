package io.quern.boot;

import io.quern.device.HostFacts;
import io.quern.device.ProcessorModel;
import io.quern.home.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * The conditions on which a measured speed depends: a measurement applies only to a start under the same.
 *
 * @param model the file, its size, the time of its last change, and a checksum of its beginning
 * @param processor the kernel's description of the processor
 * @param cpus the number that this process may use
 * @param libraries the folder with llama.cpp's libraries; that of the bundled ones contains their checksum
 */
record MeasuredUnder(String model, String processor, double cpus, String libraries) {
    /** Contains the metadata of most models, apart from the vocabulary. */
    private static final int HEADER = 64 << 10;

    static MeasuredUnder of(HostFacts host, Path model, Path libraries) {
        return new MeasuredUnder(
                describe(model), ProcessorModel.in(ProcessorModel.CPU_INFO), host.cpus(), libraries.toString());
    }

    /** Returns a name for a file. */
    String digest() {
        return checksum(toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String describe(Path model) {
        try (InputStream in = Files.newInputStream(model)) {
            return model + " " + Files.size(model) + " " + Files.getLastModifiedTime(model) + " "
                    + checksum(in.readNBytes(HEADER));
        } catch (IOException e) {
            // nothing is found for it, and planning reports the file's problem elsewhere
            return model + " unreadable";
        }
    }

    private static String checksum(byte[] bytes) {
        return HexFormat.of().formatHex(Sha256.digest().digest(bytes));
    }
}
