package io.quern.jvm;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The crash report of a worker's JVM.
 *
 * @param file its hs_err_pid file
 * @param what the signal and the function, such as {@code SIGSEGV (0xb) in C [libllama.so+0x1f] llama_decode}; empty if
 *     the file does not contain them
 */
public record CrashTrace(Path file, String what) {
    private static final int MOST_LINES = 40;
    private static final String FRAME_FOLLOWS = "# Problematic frame:";

    static CrashTrace read(Path file) {
        Optional<String> signal = Optional.empty();
        Optional<String> frame = Optional.empty();
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            String line = lines.readLine();
            for (int i = 0; i < MOST_LINES && line != null && frame.isEmpty(); i++) {
                if (line.startsWith("#  SIG") || line.startsWith("#  Internal Error")) {
                    int details = line.indexOf(" at pc=");
                    signal = Optional.of(line.substring(1, details < 0 ? line.length() : details)
                            .strip());
                } else if (line.startsWith(FRAME_FOLLOWS)) {
                    frame = Optional.ofNullable(lines.readLine()).map(next -> next.substring(Math.min(1, next.length()))
                            .strip()
                            .replaceAll("\\s+", " "));
                }
                line = lines.readLine();
            }
        } catch (IOException e) {
            // it exists but cannot be read, so only its name is known
        }
        String in = frame.map(text -> " in " + text).orElse("");
        return new CrashTrace(file, signal.map(text -> text + in).orElse(""));
    }
}
