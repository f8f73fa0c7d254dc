package io.quern.home;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Bundles with files in memory. */
final class TestBundles {
    private TestBundles() {}

    static Bundle of(String name, String... filesAndContents) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (int i = 0; i < filesAndContents.length; i += 2) {
            files.put(filesAndContents[i], filesAndContents[i + 1].getBytes(StandardCharsets.UTF_8));
        }
        return of(name, files);
    }

    /** Many files, so that unpackers that start at the same time overlap. */
    static Bundle large() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (int i = 0; i < 40; i++) {
            files.put("file" + i, ("content of file " + i + "\n").repeat(5_000).getBytes(StandardCharsets.UTF_8));
        }
        return of("large", files);
    }

    private static Bundle of(String name, Map<String, byte[]> files) {
        List<Bundle.Entry> entries = new ArrayList<>();
        files.forEach((file, content) -> entries.add(new Bundle.Entry(
                file, content.length, Sha256.hex(Sha256.digest().digest(content)))));
        return new Bundle(name, entries, file -> new ByteArrayInputStream(files.get(file)));
    }
}
