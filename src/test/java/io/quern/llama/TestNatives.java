package io.quern.llama;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Locale;

/** The native libraries for this machine, which the build put on the class path. */
public final class TestNatives {
    private TestNatives() {}

    /** Loads a model's vocabulary and weights into this process. */
    public static LlamaModel load(Path model) {
        LlamaLibrary library = LlamaLibrary.load(folder(), false, LogLevel.ERROR, (level, line) -> {});
        return LlamaModel.load(library, model, true, done -> {});
    }

    public static Path folder() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String platform = os.startsWith("linux") ? "linux" : os.startsWith("mac") ? "mac" : "win";
        String architecture = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
        String resource = "natives/" + platform + "-" + architecture;
        URL url = LlamaLibrary.class.getResource(resource);
        if (url == null) {
            throw new AssertionError("the class path has no libraries at " + resource);
        }
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }
}
