import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Writes the bill of materials of the packaged application in the format CycloneDX. It contains those components from
 * the list of Quarkus' Maven plugin whose jars are in the application, and components that Maven does not know:
 * llama.cpp's libraries and their npm package, the launcher, the demo model, the Java run-time image. Fails if the
 * application contains a jar that is not in the list.
 *
 * <p>{@code src/scripts/sbom} runs it with Jackson on the class path. Arguments: the build folder, the plugin's list,
 * the file to write.
 */
public final class Sbom {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path build;
    private final ObjectNode bill;
    private final ArrayNode components;

    private Sbom(Path build, ObjectNode bill) {
        this.build = build;
        this.bill = bill;
        this.components = (ArrayNode) bill.get("components");
    }

    public static void main(String[] args) throws IOException {
        Path build = Path.of(args[0]);
        Sbom sbom = new Sbom(build, (ObjectNode) JSON.readTree(Path.of(args[1]).toFile()));
        int jars = sbom.keepShipped();
        sbom.addNatives();
        sbom.addFile(build.resolve("classes/io/quern/model/demo/demo.gguf"), "machine-learning-model", "demo");
        sbom.addRuntime();
        JSON.writerWithDefaultPrettyPrinter().writeValue(Path.of(args[2]).toFile(), sbom.bill);
        System.out.println(args[2] + ": " + jars + " jars, " + (sbom.components.size() - jars) + " other components");
    }

    /** Keeps the components that are in the application, and removes the dependencies of all others. */
    private int keepShipped() throws IOException {
        Set<String> missing = new TreeSet<>();
        try (Stream<Path> jars = Files.list(build.resolve("quarkus-app/lib/main"))) {
            jars.forEach(jar -> missing.add(jar.getFileName().toString()));
        }
        Set<String> kept = new HashSet<>();
        kept.add(bill.at("/metadata/component/bom-ref").asText());
        for (Iterator<JsonNode> all = components.iterator(); all.hasNext(); ) {
            JsonNode component = all.next();
            String name = component.path("group").asText() + "."
                    + component.path("name").asText();
            String version = component.path("version").asText();
            // a classifier is part of the jar's name, and a qualifier in the package URL
            String purl = component.path("purl").asText();
            String classifier =
                    purl.contains("classifier=") ? "-" + purl.replaceAll(".*classifier=([^&]+).*", "$1") : "";
            if (missing.remove(name + "-" + version + classifier + ".jar")) {
                kept.add(component.path("bom-ref").asText());
            } else {
                all.remove();
            }
        }
        // the bill describes the application itself, so its jar is not a component
        missing.removeIf(jar -> jar.startsWith("io.quern.quern-"));
        if (!missing.isEmpty()) {
            throw new IllegalStateException("these jars are not in the list of Quarkus' Maven plugin: " + missing);
        }
        for (Iterator<JsonNode> all = bill.withArray("dependencies").iterator(); all.hasNext(); ) {
            JsonNode entry = all.next();
            if (!kept.contains(entry.path("ref").asText())) {
                all.remove();
            } else if (entry.has("dependsOn")) {
                for (Iterator<JsonNode> on = entry.withArray("dependsOn").iterator(); on.hasNext(); ) {
                    if (!kept.contains(on.next().asText())) {
                        on.remove();
                    }
                }
            }
        }
        return components.size();
    }

    /** Adds llama.cpp's libraries, which their manifest lists, and the launcher. */
    private void addNatives() throws IOException {
        for (Path folder : folders(build.resolve("classes/io/quern/llama/natives"))) {
            String platform = folder.getFileName().toString();
            for (String line : Files.readAllLines(folder.resolve("manifest"))) {
                String[] words = line.split("\\s+");
                switch (words[0]) {
                    case "llama:" -> add("library", "llama.cpp", words[1], "pkg:github/ggml-org/llama.cpp@" + words[1]);
                    case "npm:" -> addNpm(words[1], platform);
                    case "file:" -> {
                        if (words[3].contains(".so")) {
                            hash(add("file", words[3], null, null), "SHA-256", words[1]);
                        }
                    }
                    default -> {
                        // not needed here
                    }
                }
            }
        }
        for (Path folder : folders(build.resolve("classes/io/quern/fork/native"))) {
            addFile(folder.resolve("quern-launcher"), "file", "quern-launcher");
        }
    }

    /** Adds the npm package with the digest from the lock file, which npm has verified. */
    private void addNpm(String nameAndVersion, String platform) throws IOException {
        int at = nameAndVersion.lastIndexOf('@');
        String name = nameAndVersion.substring(0, at);
        String version = nameAndVersion.substring(at + 1);
        JsonNode lock = JSON.readTree(
                Path.of("src/main/npm", platform, "package-lock.json").toFile());
        String integrity = lock.path("packages")
                .path("node_modules/" + name)
                .path("integrity")
                .asText();
        ObjectNode component = add("library", name, version, "pkg:npm/" + name.replace("@", "%40") + "@" + version);
        hash(
                component,
                "SHA-512",
                HexFormat.of().formatHex(Base64.getDecoder().decode(integrity.replace("sha512-", ""))));
    }

    private void addRuntime() throws IOException {
        for (String image : List.of("engine-java", "java")) {
            Path release = build.resolve(image).resolve("release");
            if (Files.exists(release)) {
                Properties facts = new Properties();
                try (InputStream in = Files.newInputStream(release)) {
                    facts.load(in);
                }
                String version = facts.getProperty("JAVA_VERSION", "").replace("\"", "");
                add("platform", "openjdk (" + image + ")", version, "pkg:generic/openjdk@" + version);
            }
        }
    }

    private void addFile(Path file, String type, String name) throws IOException {
        if (Files.exists(file)) {
            hash(add(type, name, null, null), "SHA-256", sha256(file));
        }
    }

    private ObjectNode add(String type, String name, String version, String purl) {
        ObjectNode component =
                components.addObject().put("type", type).put("bom-ref", purl == null ? "file:" + name : purl);
        component.put("name", name);
        if (version != null) {
            component.put("version", version).put("purl", purl);
        }
        return component;
    }

    private static void hash(ObjectNode component, String algorithm, String digest) {
        component.putArray("hashes").addObject().put("alg", algorithm).put("content", digest);
    }

    private static List<Path> folders(Path parent) throws IOException {
        if (!Files.isDirectory(parent)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(parent)) {
            return folders.filter(Files::isDirectory).sorted().toList();
        }
    }

    private static String sha256(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(java.io.OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
