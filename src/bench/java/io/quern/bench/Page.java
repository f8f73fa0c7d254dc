package io.quern.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A page with places for tables, each between two marks that bear its name. */
public record Page(Path file) {

    /** Puts the tables where the ones of an earlier run are. */
    public void write(String place, String tables) throws IOException {
        String begin = "<!-- %s: begin -->".formatted(place);
        String end = "<!-- %s: end -->".formatted(place);
        String text = Files.readString(file);
        int from = text.indexOf(begin);
        int to = text.indexOf(end);
        if (from < 0 || to < from) {
            throw new IOException(file + " has no place for " + place);
        }
        Files.writeString(file, text.substring(0, from + begin.length()) + "\n\n" + tables + text.substring(to));
    }
}
