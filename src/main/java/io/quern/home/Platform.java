package io.quern.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The kind of machine that native libraries are built for, named as the build's script names it
 * (src/build/Natives.java): {@code linux-x64}, {@code linux-arm64}, {@code linux-x64-musl}, {@code mac-arm64},
 * {@code win-x64}...
 */
public record Platform(String name) {

    public static Platform ofThisProcess() {
        return of(System.getProperty("os.name"), System.getProperty("os.arch"), Path.of("/proc/self/maps"));
    }

    /** @param maps the file that lists what this process has mapped, which shows the C library it uses */
    static Platform of(String osName, String osArch, Path maps) {
        String os = osName.toLowerCase(Locale.ROOT);
        String system = os.startsWith("mac") ? "mac" : os.startsWith("windows") ? "win" : os.replace(' ', '-');
        boolean musl = system.equals("linux") && runsOnMusl(maps);
        return new Platform(system + "-" + machine(osArch) + (musl ? "-musl" : ""));
    }

    /** Maps the different names of an architecture to one. */
    public static String machine(String osArch) {
        return switch (osArch.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> "x64";
            case "aarch64" -> "arm64";
            case String other -> other;
        };
    }

    private static boolean runsOnMusl(Path maps) {
        try (Stream<String> lines = Files.lines(maps)) {
            return lines.anyMatch(line -> line.contains("/ld-musl-"));
        } catch (IOException e) {
            return false;
        }
    }
}
