package io.quern;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The models for tests: the embedded demo model and, in tests with the tag {@link #SMOLLM2}, SmolLM2-135M-Instruct,
 * which {@code src/scripts/fetch-smollm2} downloads to a folder outside the checkout.
 */
public final class TestModels {
    /** The tag of tests on SmolLM2. {@code ./mvnw verify} skips them, {@code ./mvnw verify -Psmollm2} runs them. */
    public static final String SMOLLM2 = "smollm2";

    private static final String SCRIPT = "src/scripts/fetch-smollm2";

    private static Path smolLm2;

    private TestModels() {}

    /** Returns the demo model's file in the sources. */
    public static Path demo() {
        return Path.of("src/main/resources/io/quern/model/demo/demo.gguf").toAbsolutePath();
    }

    /**
     * Returns the file of SmolLM2, and fetches it first if necessary. If that fails, skips the test, or fails it if the
     * environment contains {@code QUERN_TESTS_REQUIRE_MODEL=true}, as in CI.
     */
    public static synchronized Path smolLm2() {
        if (smolLm2 == null) {
            smolLm2 = fetch();
        }
        return smolLm2;
    }

    private static Path fetch() {
        try {
            Process script = new ProcessBuilder(SCRIPT)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String path = new String(script.getInputStream().readAllBytes()).strip();
            if (script.waitFor() == 0 && Files.isRegularFile(Path.of(path))) {
                return Path.of(path);
            }
            return unavailable("the script has printed the reason above");
        } catch (IOException e) {
            return unavailable(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return unavailable("interrupted");
        }
    }

    private static Path unavailable(String why) {
        String message = "skipped: " + SCRIPT + " could not fetch SmolLM2 (" + why + ")";
        if (Boolean.parseBoolean(System.getenv("QUERN_TESTS_REQUIRE_MODEL"))) {
            throw new AssertionError(message);
        }
        return abort(message);
    }
}
