package io.quern.attacks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The local user {@code nobody} as an attacker. Only root can run commands as this user. */
final class Nobody {
    private static final int ID = 65534;

    private Nobody() {}

    /** Returns whether this process runs as root. */
    static boolean isPossible() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** Runs a command as this user and returns its standard output. */
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
            throw new IOException("the command did not end within 30 s: " + whole);
        }
        return output;
    }

    /** Runs a shell script as this user. It must succeed, or nothing has been tried. */
    static void script(String script, Object... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("sh", "-ec", script + "\necho done", "sh"));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        if (!run(command.toArray(String[]::new)).endsWith("done\n")) {
            throw new IOException("user nobody failed to run this script: " + script);
        }
    }

    /** Gives a file or a folder with its content to this user, as if the user had made it. */
    static void own(Path file) throws IOException {
        give(file, ID);
    }

    /** Gives a folder with its content to another user. */
    static void give(Path folder, int user) throws IOException {
        try (var all = Files.walk(folder)) {
            for (Path one : all.toList()) {
                Files.setAttribute(one, "unix:uid", user, LinkOption.NOFOLLOW_LINKS);
            }
        }
    }
}
