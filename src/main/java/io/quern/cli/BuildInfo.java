package io.quern.cli;

import io.quern.home.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * The versions of Quern and of what it consists of.
 *
 * @param commit the commit that this was built from, with {@code -dirty} if files differed from it, or {@code unknown}
 * @param llama the version of the llama.cpp libraries in the application, or {@code none}
 * @param java the Java version of this process
 */
record BuildInfo(String quern, String commit, String llama, String java, String quarkus) {
    /** The build writes it (pom.xml). */
    private static final String FILE = "/io/quern/cli/build.properties";

    private static final String NATIVES = "/io/quern/llama/natives/%s/manifest";

    static BuildInfo ofThisApplication() {
        Properties build = read(FILE);
        return new BuildInfo(
                build.getProperty("quern", "unknown"),
                build.getProperty("commit", "unknown"),
                read(NATIVES.formatted(Platform.ofThisProcess().name())).getProperty("llama", "none"),
                Runtime.version().toString(),
                build.getProperty("quarkus", "unknown"));
    }

    private static Properties read(String resource) {
        Properties values = new Properties();
        try (InputStream in = BuildInfo.class.getResourceAsStream(resource)) {
            if (in != null) {
                values.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return values;
    }
}
