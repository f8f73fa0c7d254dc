package io.quern.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A page with tables, each between two marks that contain its name. */
public record Page(Path file) {

    /** Replaces the tables of an earlier run between the marks of that name. */
    public void write(String name, String tables) throws IOException {
        String begin = "<!-- %s: begin -->".formatted(name);
        String end = "<!-- %s: end -->".formatted(name);
        String text = Files.readString(file);
        int from = text.indexOf(begin);
        int to = text.indexOf(end);
        if (from < 0 || to < from) {
            throw new IOException(file + " has no marks for " + name);
        }
        Files.writeString(file, text.substring(0, from + begin.length()) + "\n\n" + tables + text.substring(to));
    }
}
