package io.quern.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A page with tables, each between two marks that contain its name. */
public record Page(Path file) {

    /** Replaces the tables of an earlier run between the marks of that name. */
    public void write(String name, String tables) throws IOException {
        String text = Files.readString(file);
        int from = text.indexOf(begin(name));
        int to = text.indexOf(end(name));
        if (from < 0 || to < from) {
            throw new IOException(file + " has no marks for " + name);
        }
        Files.writeString(file, text.substring(0, from + begin(name).length()) + "\n\n" + tables + text.substring(to));
    }

    /** Returns what is between the marks of that name, or nothing if the page does not have them. */
    Optional<String> read(String name) throws IOException {
        String text = Files.readString(file);
        int from = text.indexOf(begin(name));
        int to = text.indexOf(end(name));
        return from < 0 || to < from
                ? Optional.empty()
                : Optional.of(text.substring(from + begin(name).length(), to));
    }

    private static String begin(String name) {
        return "<!-- %s: begin -->".formatted(name);
    }

    private static String end(String name) {
        return "<!-- %s: end -->".formatted(name);
    }
}
