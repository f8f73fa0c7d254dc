package io.quern;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The models that tests run on: the embedded demo model, which is always there, and in tests with the tag {@link #SMOLLM2} the real
 * SmolLM2-135M-Instruct, brought by a script of ours into a folder outside the checkout.
 */
public final class TestModels {
    /** The tag of tests on SmolLM2; {@code ./mvnw verify} leaves them out and {@code ./mvnw verify -Psmollm2} does not. */
    public static final String SMOLLM2 = "smollm2";

    private static final String SCRIPT = "src/scripts/fetch-smollm2";

    private static Path smolLm2;

    private TestModels() {}

    /** The demo model's file, as the build takes it. */
    public static Path demo() {
        return Path.of("src/main/resources/io/quern/model/demo/demo.gguf").toAbsolutePath();
    }

    /**
     * The model's file, fetched first where it is not there. Skips the test where it cannot be had, unless the environment
     * says {@code QUERN_TESTS_REQUIRE_MODEL=true}, as CI does: then the test fails.
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
            return unavailable("the script says why above");
        } catch (IOException e) {
            return unavailable(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return unavailable("interrupted");
        }
    }

    private static Path unavailable(String why) {
        String message = "skipped: " + SCRIPT + " could not bring SmolLM2 (" + why + ")";
        if (Boolean.parseBoolean(System.getenv("QUERN_TESTS_REQUIRE_MODEL"))) {
            throw new AssertionError(message);
        }
        return abort(message);
    }
}
