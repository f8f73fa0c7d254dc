package io.quern.probe;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The kernel's files in /dev, /proc and /sys, or a recorded tree of them. A file that does not exist or cannot be read
 * counts as empty, because that is how a container hides devices.
 *
 * @param root the folder that contains them
 */
record FileTree(Path root) {

    boolean has(String file) {
        return Files.exists(root.resolve(file));
    }

    /** Returns a file's text without leading and trailing white space. */
    String text(String file) {
        try {
            return Files.readString(root.resolve(file)).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** Returns a file's number, or 0. */
    long number(String file) {
        return number(Map.of("", text(file)), "");
    }

    /** Reads a file with lines "name value" or "name=value". */
    Map<String, String> properties(String file) {
        Map<String, String> properties = new HashMap<>();
        for (String line : text(file).lines().toList()) {
            String[] parts = line.strip().split("[ =]", 2);
            if (parts.length == 2) {
                properties.put(parts[0], parts[1].strip());
            }
        }
        return properties;
    }

    /** Returns a property's number, unsigned as the kernel prints it, or 0. */
    static long number(Map<String, String> properties, String name) {
        try {
            return Long.parseUnsignedLong(properties.getOrDefault(name, "0"));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Returns the names in a folder that match a pattern such as "renderD*", smaller numbers first. */
    List<String> names(String folder, String pattern) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(root.resolve(folder), pattern)) {
            found.forEach(entry -> names.add(entry.getFileName().toString()));
        } catch (IOException e) {
            return List.of();
        }
        // nvidia10 comes after nvidia9
        names.sort(Comparator.comparing(String::length).thenComparing(Comparator.naturalOrder()));
        return names;
    }
}
