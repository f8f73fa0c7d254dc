package io.quern.sandbox;

import io.quern.files.PrivateFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** Lists the files that children confined by Landlock may use, as items of {@code src/main/c/confine.c}. */
final class OpenFiles {
    private static final Logger LOG = Logger.getLogger(OpenFiles.class);

    private static final List<String> SYSTEM = List.of(
            "/usr",
            "/lib",
            "/lib32",
            "/lib64",
            "/opt",
            "/nix/store",
            "/proc",
            "/sys",
            "/etc/alternatives",
            "/etc/ld.so.cache",
            "/etc/ld.so.conf",
            "/etc/ld.so.conf.d",
            "/etc/ld.so.preload",
            "/etc/localtime",
            "/etc/timezone",
            "/etc/nsswitch.conf",
            "/etc/passwd",
            "/etc/group",
            "/etc/os-release",
            "/etc/java-25-openjdk");

    private static final List<String> SYSTEM_OF_GPU =
            List.of("/etc/nvidia", "/etc/OpenCL", "/etc/vulkan", "/etc/amd", "/run/nvidia-persistenced", "/run/nvidia");

    private static final List<String> DEVICES =
            List.of("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom");

    /** The same as in {@code src/main/c/check.c}. */
    private static final Pattern GPU_DEVICE = Pattern.compile("nvidia.*|dri|kfd|accel|hl.*|dxg|shm");

    private static final Pattern PART = Pattern.compile("(.*-)\\d{5}(-of-(\\d{5})\\.gguf)");

    private final List<Path> more;
    private final PassedVariables variables;

    /**
     * @param more configured files and folders
     * @param variables variables that name the places of libraries and caches
     */
    OpenFiles(List<Path> more, PassedVariables variables) {
        this.more = more;
        this.variables = variables;
    }

    /** Returns what every process that loads a model may read. Reads files and creates the folder of the AOT caches. */
    List<String> of(NeededFiles needed) {
        Set<Path> read = new LinkedHashSet<>();
        SYSTEM.forEach(path -> read.add(Path.of(path)));
        read.add(needed.java());
        read.addAll(needed.classPath());
        libraries(needed.libraries(), read);
        parts(needed.model(), read);
        read.addAll(more);
        // must exist before the launcher is confined, since Landlock rules cover only existing files
        read.add(made(needed.home().folder().resolve("aot")));
        needed.home().prepared().ifPresent(prepared -> read.add(prepared.resolve("aot")));
        searched(read);
        List<String> items = new ArrayList<>();
        read.forEach(path -> items.add("read=" + path.toAbsolutePath()));
        DEVICES.forEach(path -> items.add("device=" + path));
        items.add("write=/proc/self");
        return items;
    }

    /** Returns what GPU drivers read, run and write in addition. */
    List<String> ofGpu() {
        List<String> items = new ArrayList<>();
        SYSTEM_OF_GPU.forEach(path -> items.add("read=" + path));
        items.add("execute=" + SandboxSupport.MODPROBE);
        items.add("keep=/tmp");
        items.add("keep="
                + variables
                        .value("CUDA_CACHE_PATH")
                        .orElse(variables.value("HOME").orElse("/nonexistent") + "/.nv"));
        try (Stream<Path> nodes = Files.list(Path.of("/dev"))) {
            nodes.filter(node ->
                            GPU_DEVICE.matcher(node.getFileName().toString()).matches())
                    .forEach(node -> items.add("device=" + node));
        } catch (IOException e) {
            LOG.debugf("Cannot list device nodes: %s", e.getMessage());
        }
        return items;
    }

    /** Creates the folder if possible and returns it. */
    static Path made(Path folder) {
        try {
            return PrivateFolder.make(folder);
        } catch (IOException e) {
            LOG.debugf("Cannot create %s: %s", folder, e.getMessage());
            return folder;
        }
    }

    /** Adds the folder, and the folders to which links in it point. */
    private static void libraries(Path folder, Set<Path> read) {
        read.add(folder);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path link : files.filter(Files::isSymbolicLink).toList()) {
                read.add(link.toRealPath().getParent());
            }
        } catch (IOException e) {
            LOG.debugf("Cannot list llama.cpp's libraries: %s", e.getMessage());
        }
    }

    /** Adds all parts of the model: llama.cpp gets the first one and finds the others by name. */
    private static void parts(Path model, Set<Path> read) {
        read.add(model);
        Matcher part = PART.matcher(model.getFileName().toString());
        if (part.matches()) {
            for (int number = 1; number <= Integer.parseInt(part.group(3)); number++) {
                read.add(model.resolveSibling(part.group(1) + "%05d".formatted(number) + part.group(2)));
            }
        }
    }

    /** Returns the folders in which the environment makes the dynamic linker search. */
    private void searched(Set<Path> read) {
        for (String folder : variables.value("LD_LIBRARY_PATH").orElse("").split(":")) {
            if (folder.startsWith("/")) {
                read.add(Path.of(folder));
            }
        }
    }
}
