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
 * A folder of class path resources with a file {@code manifest} that lists its files, because the content of a folder
 * in a jar cannot be listed. The manifest has a line {@code file: SHA256 BYTES NAME} for each file. Other lines,
 * {@code key: value}, are for other code and are ignored here.
 */
public final class ClassPathFolder {
    private static final String MANIFEST = "/manifest";
    private static final String FILE = "file: ";
    /** Our manifests have about twenty lines; a much longer file is something else. */
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
     * Looks for a folder on the class path.
     *
     * @param path such as {@code io/quern/thing}
     * @return empty if the class path has no such folder
     */
    public static Optional<ClassPathFolder> find(ClassLoader loader, String path) {
        return Optional.ofNullable(loader.getResource(path + MANIFEST))
                .map(manifest -> new ClassPathFolder(loader, path, manifest));
    }

    /**
     * Returns the folder itself if the class path is a directory (dev mode, tests), so that nothing needs unpacking.
     */
    public Optional<Path> inFileSystem() {
        return manifest.getProtocol().equals("file")
                ? Optional.ofNullable(Path.of(URI.create(manifest.toString())).getParent())
                : Optional.empty();
    }

    /**
     * Reads the manifest.
     *
     * @throws DamagedBundleException if it cannot be read or is not a manifest
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
            throw new DamagedBundleException(path + MANIFEST + " has an invalid line: " + line, e);
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
