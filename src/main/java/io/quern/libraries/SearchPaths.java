package io.quern.libraries;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Checks where the dynamic linker searches for the dependencies of a library (RUNPATH, RPATH and NEEDED of an ELF
 * file). An empty or relative element means the working directory of the loading process, so anyone who can write there
 * could run code in it.
 */
final class SearchPaths {
    private static final int MAGIC = 0x7f454c46;
    private static final int CLASS_64 = 2;
    private static final int LITTLE_ENDIAN = 1;
    private static final int HEADER = 64;
    private static final int SEGMENT = 56;
    private static final int LOAD = 1;
    private static final int DYNAMIC = 2;
    private static final int NEEDED = 1;
    private static final int STRINGS = 5;
    private static final int RPATH = 15;
    private static final int RUNPATH = 29;

    private static final int MAX_ENTRIES = 10_000;
    private static final int MAX_STRING = 1 << 16;

    private SearchPaths() {}

    /**
     * Returns why a dependency could be loaded from the working directory.
     *
     * @return the reason, or empty if it cannot or the file is not a 64-bit ELF library
     * @throws IOException if the file cannot be read, or is truncated
     */
    static Optional<String> problem(Path library) throws IOException {
        try (FileChannel file = FileChannel.open(library)) {
            if (file.size() < HEADER) {
                return Optional.empty();
            }
            ByteBuffer header = read(file, 0, HEADER);
            if (header.getInt(0) != MAGIC || header.get(4) != CLASS_64) {
                return Optional.empty();
            }
            ByteOrder order = header.get(5) == LITTLE_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
            return problem(library, file, order, header.order(order));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new IOException(library + " is a damaged ELF file", e);
        }
    }

    private record Segment(int type, long offset, long address, long bytes) {
        boolean holds(long where) {
            return type == LOAD && where >= address && where < address + bytes;
        }
    }

    private static Optional<String> problem(Path library, FileChannel file, ByteOrder order, ByteBuffer header)
            throws IOException {
        int count = Short.toUnsignedInt(header.getShort(56));
        ByteBuffer table = read(file, header.getLong(32), count * SEGMENT).order(order);
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = i * SEGMENT;
            segments.add(new Segment(
                    table.getInt(at), table.getLong(at + 8), table.getLong(at + 16), table.getLong(at + 32)));
        }
        for (Segment segment : segments) {
            if (segment.type() == DYNAMIC) {
                int entries = (int) Math.min(segment.bytes() / 16, MAX_ENTRIES);
                ByteBuffer dynamic = read(file, segment.offset(), entries * 16).order(order);
                Optional<String> problem = problem(library, file, segments, dynamic, entries);
                if (problem.isPresent()) {
                    return problem;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> problem(
            Path library, FileChannel file, List<Segment> segments, ByteBuffer dynamic, int entries)
            throws IOException {
        long strings = -1;
        for (int i = 0; i < entries; i++) {
            if (dynamic.getLong(i * 16) == STRINGS) {
                long address = dynamic.getLong(i * 16 + 8);
                strings = segments.stream()
                        .filter(one -> one.holds(address))
                        .findFirst()
                        .map(one -> one.offset() + address - one.address())
                        .orElseThrow(() -> new IOException(library + " is a damaged ELF file"));
            }
        }
        for (int i = 0; i < entries && dynamic.getLong(i * 16) != 0; i++) {
            long tag = dynamic.getLong(i * 16);
            if (tag == RPATH || tag == RUNPATH) {
                String path = string(file, strings + dynamic.getLong(i * 16 + 8));
                for (String element : path.split(":", -1)) {
                    if (!isFixed(element)) {
                        return Optional.of("%s has the search path '%s', in which '%s' means the working directory"
                                .formatted(library.getFileName(), path, element));
                    }
                }
            } else if (tag == NEEDED) {
                String needed = string(file, strings + dynamic.getLong(i * 16 + 8));
                if (needed.contains("/") && !isFixed(needed)) {
                    return Optional.of("%s needs '%s', which is in the working directory"
                            .formatted(library.getFileName(), needed));
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isFixed(String element) {
        return element.startsWith("/") || element.matches("\\$(ORIGIN|\\{ORIGIN})(/.*)?");
    }

    private static String string(FileChannel file, long offset) throws IOException {
        ByteBuffer bytes = read(file, offset, (int) Math.min(MAX_STRING, file.size() - offset));
        int length = 0;
        while (bytes.get(length) != 0) {
            length++;
        }
        return new String(bytes.array(), 0, length, StandardCharsets.UTF_8);
    }

    private static ByteBuffer read(FileChannel file, long offset, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining()) {
            if (file.read(buffer, offset + buffer.position()) < 0) {
                throw new EOFException("the file is truncated");
            }
        }
        return buffer.flip();
    }
}
