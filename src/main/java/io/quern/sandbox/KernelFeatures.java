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
 * What the kernel offers to confine processes with.
 *
 * @param landlock version of Landlock's interface; 0: there is none, or it is not allowed here
 * @param seccomp whether system calls can be filtered
 */
public record KernelFeatures(int landlock, boolean seccomp) {
    public static final KernelFeatures NOTHING = new KernelFeatures(0, false);

    private static final Logger LOG = Logger.getLogger(KernelFeatures.class);

    private static final Pattern ANSWER = Pattern.compile("landlock (\\d{1,9})\nseccomp ([01])\n");

    /** The launcher answers within milliseconds. */
    private static final int PATIENCE_SECONDS = 10;

    /**
     * Asks the launcher, and has it keep the kernel from dumping this process's memory if that is not wished. Blocks for the start of a
     * small process.
     *
     * @param coreDumps whether the kernel may dump it
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
                throw new IOException("no answer within " + PATIENCE_SECONDS + " s");
            }
            return parse(new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
        } catch (IOException e) {
            LOG.warnf("The launcher cannot tell what workers can be kept from: %s", e.getMessage());
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

    /** @throws IOException if it is no answer of the launcher's */
    static KernelFeatures parse(String answer) throws IOException {
        Matcher matcher = ANSWER.matcher(answer);
        if (!matcher.matches()) {
            throw new IOException("it said: " + answer.strip());
        }
        return new KernelFeatures(
                Integer.parseInt(matcher.group(1)), matcher.group(2).equals("1"));
    }
}
