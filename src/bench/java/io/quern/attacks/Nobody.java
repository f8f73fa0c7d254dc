package io.quern.attacks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Another local user. Only root can become one. */
final class Nobody {
    private static final int ID = 65534;

    private Nobody() {}

    /** Whether this runs as root. */
    static boolean isPossible() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** What this user gets to see of a command's output; its standard error is left out. */
    static String run(String... command) throws IOException, InterruptedException {
        List<String> whole = new ArrayList<>(
                List.of("setpriv", "--reuid=" + ID, "--regid=" + ID, "--clear-groups", "--no-new-privs"));
        whole.addAll(List.of(command));
        Process process = new ProcessBuilder(whole)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes());
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("no end of " + whole);
        }
        return output;
    }

    /** Runs a script of the shell, which has to succeed: else nothing was tried. */
    static void script(String script, Object... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("sh", "-ec", script + "\necho done", "sh"));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        if (!run(command.toArray(String[]::new)).endsWith("done\n")) {
            throw new IOException("nobody could not run " + script);
        }
    }

    /** Gives a file, or a folder with all that is in it, to this user, as if it had made it. */
    static void own(Path file) throws IOException {
        give(file, ID);
    }

    /** Gives a folder with all that is in it to another user. */
    static void give(Path folder, int user) throws IOException {
        try (var all = Files.walk(folder)) {
            for (Path one : all.toList()) {
                Files.setAttribute(one, "unix:uid", user, LinkOption.NOFOLLOW_LINKS);
            }
        }
    }
}
