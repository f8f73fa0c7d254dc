package io.quern.openai;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version of Quern, also inside another application. */
final class QuernVersion {
    /** The build writes it (pom.xml). */
    private static final String FILE = "version.properties";

    private QuernVersion() {}

    static String read() {
        Properties values = new Properties();
        try (InputStream in = QuernVersion.class.getResourceAsStream(FILE)) {
            if (in != null) {
                values.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return values.getProperty("quern", "unknown");
    }
}
