package io.quern.attacks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/** Checks that the launcher, as the application contains it, is built to make memory errors hard to exploit. */
final class LauncherHardening implements Attack {
    @Override
    public String name() {
        return "launcher-hardening";
    }

    @Override
    public String tries() {
        return "Malformed input overflows a buffer in the launcher."
                + " The launcher should be built with a stack protector, FORTIFY and BIND_NOW.";
    }

    @Override
    public Finding run(Target target) throws IOException {
        Optional<byte[]> program = program(target.application());
        if (program.isEmpty()) {
            return new Finding.Skipped("no launcher in this build");
        }
        String text = new String(program.get(), StandardCharsets.ISO_8859_1);
        List<String> missing = new ArrayList<>();
        if (!text.contains("__stack_chk_fail")) {
            missing.add("stack protector");
        }
        if (!text.contains("_chk\0")) {
            missing.add("FORTIFY");
        }
        if (!bindsNow(ByteBuffer.wrap(program.get()).order(ByteOrder.LITTLE_ENDIAN))) {
            missing.add("BIND_NOW");
        }
        return Finding.of(
                missing.isEmpty(), "%s", missing.isEmpty() ? "all built in" : "without " + String.join(", ", missing));
    }

    private static Optional<byte[]> program(Path application) throws IOException {
        try (Stream<Path> files = Files.walk(application)) {
            for (Path jar :
                    files.filter(file -> file.toString().endsWith(".jar")).toList()) {
                try (JarFile open = new JarFile(jar.toFile())) {
                    var entry = open.stream()
                            .filter(one -> one.getName().endsWith("/quern-launcher"))
                            .findFirst();
                    if (entry.isPresent()) {
                        return Optional.of(open.getInputStream(entry.get()).readAllBytes());
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** Looks for DT_FLAGS_1 with DF_1_NOW in the dynamic segment. */
    private static boolean bindsNow(ByteBuffer elf) {
        int headers = (int) elf.getLong(32);
        for (int i = 0; i < elf.getShort(56); i++) {
            int header = headers + i * elf.getShort(54);
            if (elf.getInt(header) == 2) {
                int from = (int) elf.getLong(header + 8);
                for (int at = from; at < from + elf.getLong(header + 32); at += 16) {
                    if (elf.getLong(at) == 0x6ffffffbL && (elf.getLong(at + 8) & 1) != 0) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
