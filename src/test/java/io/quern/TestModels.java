package io.quern;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The real model that tests run on: SmolLM2-135M-Instruct, brought by a script of ours into a folder outside the checkout. */
public final class TestModels {
    private static final String SCRIPT = "src/scripts/fetch-smollm2";

    private static Path smolLm2;

    private TestModels() {}

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
