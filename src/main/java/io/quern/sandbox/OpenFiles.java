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

/** The files that stay open to children confined by Landlock, as items of {@code src/main/c/confine.c}. */
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

    /** As {@code src/main/c/check.c} has them. */
    private static final Pattern GPU_DEVICE = Pattern.compile("nvidia.*|dri|kfd|accel|hl.*|dxg|shm");

    private static final Pattern PART = Pattern.compile("(.*-)\\d{5}(-of-(\\d{5})\\.gguf)");

    private final List<Path> more;
    private final PassedVariables variables;

    /**
     * @param more files and folders that are configured
     * @param variables where libraries and caches lie by the environment
     */
    OpenFiles(List<Path> more, PassedVariables variables) {
        this.more = more;
        this.variables = variables;
    }

    /** What every process that loads a model may read; looks at files, and makes the folder of the AOT caches. */
    List<String> of(NeededFiles needed) {
        Set<Path> read = new LinkedHashSet<>();
        SYSTEM.forEach(path -> read.add(Path.of(path)));
        read.add(needed.java());
        read.addAll(needed.classPath());
        libraries(needed.libraries(), read);
        parts(needed.model(), read);
        read.addAll(more);
        // there before the launcher is confined: what is made later is not open to it and its workers
        read.add(made(needed.home().folder().resolve("aot")));
        needed.home().prepared().ifPresent(prepared -> read.add(prepared.resolve("aot")));
        searched(read);
        List<String> items = new ArrayList<>();
        read.forEach(path -> items.add("read=" + path.toAbsolutePath()));
        DEVICES.forEach(path -> items.add("device=" + path));
        items.add("write=/proc/self");
        return items;
    }

    /** What drivers of GPUs read, run and keep besides. */
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
            LOG.debugf("device nodes: %s", e.getMessage());
        }
        return items;
    }

    /** The folder, which is there from now on if it can be made. */
    static Path made(Path folder) {
        try {
            return PrivateFolder.make(folder);
        } catch (IOException e) {
            LOG.debugf("%s cannot be made: %s", folder, e.getMessage());
            return folder;
        }
    }

    /** What links point to, and what those find beside themselves. */
    private static void libraries(Path folder, Set<Path> read) {
        read.add(folder);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path link : files.filter(Files::isSymbolicLink).toList()) {
                read.add(link.toRealPath().getParent());
            }
        } catch (IOException e) {
            LOG.debugf("llama.cpp's libraries: %s", e.getMessage());
        }
    }

    /** llama.cpp is given the first part, and finds the others by their names. */
    private static void parts(Path model, Set<Path> read) {
        read.add(model);
        Matcher part = PART.matcher(model.getFileName().toString());
        if (part.matches()) {
            for (int number = 1; number <= Integer.parseInt(part.group(3)); number++) {
                read.add(model.resolveSibling(part.group(1) + "%05d".formatted(number) + part.group(2)));
            }
        }
    }

    /** Where the dynamic linker looks for libraries because the environment says so. */
    private void searched(Set<Path> read) {
        for (String folder : variables.value("LD_LIBRARY_PATH").orElse("").split(":")) {
            if (folder.startsWith("/")) {
                read.add(Path.of(folder));
            }
        }
    }
}
