import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Removes empty elements from the search paths (RUNPATH, RPATH) of libraries. CMake pads a path with colons, and the
 * dynamic linker interprets an empty element as the working directory, so anyone who can write there could have code
 * executed. Run with a folder, as a source file.
 */
class RunPath {
    private static final int ELF = 0x7f454c46;
    private static final int HEADER = 64;
    private static final int SEGMENT = 56;
    private static final int LOAD = 1;
    private static final int DYNAMIC = 2;
    private static final int STRINGS = 5;
    private static final int RPATH = 15;
    private static final int RUNPATH = 29;

    private RunPath() {}

    /** @param args folders with libraries to fix */
    public static void main(String[] args) throws IOException {
        for (String folder : args) {
            mendAll(Path.of(folder));
        }
    }

    static void mendAll(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                mend(file);
            }
        }
    }

    /** Skips files that are not 64-bit little-endian ELF files. */
    static void mend(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        ByteBuffer elf = ByteBuffer.wrap(content);
        if (content.length < HEADER || elf.getInt(0) != ELF || content[4] != 2 || content[5] != 1) {
            return;
        }
        elf.order(ByteOrder.LITTLE_ENDIAN);
        int table = (int) elf.getLong(32);
        int count = Short.toUnsignedInt(elf.getShort(56));
        boolean changed = false;
        for (int i = 0; i < count; i++) {
            int segment = table + i * SEGMENT;
            if (elf.getInt(segment) == DYNAMIC) {
                changed |=
                        mend(file, elf, table, count, (int) elf.getLong(segment + 8), (int) elf.getLong(segment + 32));
            }
        }
        if (changed) {
            Files.write(file, content, StandardOpenOption.TRUNCATE_EXISTING);
        }
    }

    private static boolean mend(Path file, ByteBuffer elf, int table, int count, int dynamic, int bytes) {
        int strings = -1;
        for (int at = dynamic; at < dynamic + bytes; at += 16) {
            if (elf.getLong(at) == STRINGS) {
                strings = offset(elf, table, count, elf.getLong(at + 8));
            }
        }
        boolean changed = false;
        for (int at = dynamic; at < dynamic + bytes && elf.getLong(at) != 0; at += 16) {
            long tag = elf.getLong(at);
            if (tag == RPATH || tag == RUNPATH) {
                changed |= mend(file, elf, strings + (int) elf.getLong(at + 8));
            }
        }
        return changed;
    }

    /** Replaces a path by one that is not longer, and fills the rest with zeros, which end the string. */
    private static boolean mend(Path file, ByteBuffer elf, int start) {
        int end = start;
        while (elf.get(end) != 0) {
            end++;
        }
        String path = new String(elf.array(), start, end - start, StandardCharsets.UTF_8);
        List<String> kept =
                Arrays.stream(path.split(":")).filter(one -> !one.isEmpty()).toList();
        for (String element : kept) {
            if (!element.startsWith("/") && !element.matches("\\$(ORIGIN|\\{ORIGIN})(/.*)?")) {
                throw new IllegalStateException(file + " searches for libraries in '" + element
                        + "', which depends on the working directory; its search path is '" + path + "'");
            }
        }
        byte[] mended = kept.stream().collect(Collectors.joining(":")).getBytes(StandardCharsets.UTF_8);
        if (mended.length == end - start) {
            return false;
        }
        for (int i = 0; i < end - start; i++) {
            elf.put(start + i, i < mended.length ? mended[i] : 0);
        }
        return true;
    }

    private static int offset(ByteBuffer elf, int table, int count, long address) {
        for (int i = 0; i < count; i++) {
            int segment = table + i * SEGMENT;
            long begin = elf.getLong(segment + 16);
            if (elf.getInt(segment) == LOAD && address >= begin && address < begin + elf.getLong(segment + 32)) {
                return (int) (elf.getLong(segment + 8) + address - begin);
            }
        }
        throw new IllegalStateException("a damaged ELF file");
    }
}
