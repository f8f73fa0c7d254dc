package io.quern.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * The kernel's features for confining processes.
 *
 * @param landlock version of Landlock's interface, or 0 if it is missing or not allowed here
 * @param seccomp whether the kernel can filter system calls
 */
public record KernelFeatures(int landlock, boolean seccomp) {
    public static final KernelFeatures NOTHING = new KernelFeatures(0, false);

    private static final Logger LOG = Logger.getLogger(KernelFeatures.class);

    private static final Pattern ANSWER = Pattern.compile("landlock (\\d{1,9})\nseccomp ([01])\n");

    /** Generous: the launcher answers within milliseconds. */
    private static final int PATIENCE_SECONDS = 10;

    /**
     * Asks the launcher. The launcher also disables core dumps of this process if they are not wanted. Blocks for the
     * start of a small process.
     *
     * @param coreDumps whether the kernel may write core dumps of this process
     */
    static KernelFeatures ask(Path program, boolean coreDumps) {
        List<String> command = new ArrayList<>(List.of(program.toString(), "--confinement"));
        if (!coreDumps) {
            command.add("--no-core=" + ProcessHandle.current().pid());
        }
        Process process = null;
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().clear();
            process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("it did not answer within " + PATIENCE_SECONDS + " s");
            }
            return parse(new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
        } catch (IOException e) {
            LOG.warnf(
                    "The launcher could not report the kernel's sandbox features, so the engine assumes none: %s",
                    e.getMessage());
            return NOTHING;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return NOTHING;
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }

    /** @throws IOException if the text is not an answer of the launcher */
    static KernelFeatures parse(String answer) throws IOException {
        Matcher matcher = ANSWER.matcher(answer);
        if (!matcher.matches()) {
            throw new IOException("unexpected answer: " + answer.strip());
        }
        return new KernelFeatures(
                Integer.parseInt(matcher.group(1)), matcher.group(2).equals("1"));
    }
}
