package io.quern.weights;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The text on which models are compared: passages of Quern's documentation, which never change. */
final class SampleText {
    private static final String FILE = "sample.txt";

    private SampleText() {}

    static byte[] utf8() {
        try (InputStream in = SampleText.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException("this build contains no " + FILE);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
