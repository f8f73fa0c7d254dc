package io.quern.home;

import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A folder of class path resources with a file {@code manifest} in it, without which the content of a jar's folder
 * could not be known. The manifest has a line {@code file: SHA256 BYTES NAME} per file; its other lines, {@code key:
 * value}, are the business of who wrote it.
 */
public final class ClassPathFolder {
    private static final String MANIFEST = "/manifest";
    private static final String FILE = "file: ";
    /** A manifest of ours has some twenty lines; what is longer is something else. */
    private static final int MAX_LINES = 10_000;

    private final ClassLoader loader;
    private final String path;
    private final URL manifest;

    private ClassPathFolder(ClassLoader loader, String path, URL manifest) {
        this.loader = loader;
        this.path = path;
        this.manifest = manifest;
    }

    /**
     * @param path such as {@code io/quern/thing}
     * @return empty where the class path has no such folder
     */
    public static Optional<ClassPathFolder> find(ClassLoader loader, String path) {
        return Optional.ofNullable(loader.getResource(path + MANIFEST))
                .map(manifest -> new ClassPathFolder(loader, path, manifest));
    }

    /** The folder itself, where the class path is a directory (dev mode, tests) and nothing needs unpacking. */
    public Optional<Path> inFileSystem() {
        return manifest.getProtocol().equals("file")
                ? Optional.ofNullable(Path.of(URI.create(manifest.toString())).getParent())
                : Optional.empty();
    }

    /**
     * Reads the manifest.
     *
     * @throws DamagedBundleException if it is not one
     */
    public Bundle bundle(String name) {
        List<Bundle.Entry> entries = new ArrayList<>();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(open("manifest"), StandardCharsets.UTF_8))) {
            int count = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (++count > MAX_LINES) {
                    throw new DamagedBundleException(path + MANIFEST + " has more than " + MAX_LINES + " lines");
                }
                if (line.startsWith(FILE)) {
                    entries.add(entry(line));
                }
            }
        } catch (IOException e) {
            throw new DamagedBundleException("cannot read " + path + MANIFEST + ": " + e.getMessage(), e);
        }
        return new Bundle(name, entries, this::open);
    }

    private Bundle.Entry entry(String line) {
        String[] fields = line.substring(FILE.length()).split(" ", 3);
        try {
            return new Bundle.Entry(fields[2], Long.parseLong(fields[1]), fields[0]);
        } catch (ArrayIndexOutOfBoundsException | NumberFormatException e) {
            throw new DamagedBundleException(path + MANIFEST + " has a line that is none: " + line, e);
        }
    }

    private InputStream open(String name) throws IOException {
        InputStream stream = loader.getResourceAsStream(path + "/" + name);
        if (stream == null) {
            throw new FileNotFoundException(path + "/" + name + " is not on the class path");
        }
        return stream;
    }
}
