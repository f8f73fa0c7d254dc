package io.quern.store;

import io.quern.files.PrivateFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file that is being downloaded, and the journal of the blocks that have arrived. A block is in the journal after it
 * is in the file, so a process that is killed loses only the blocks that it was fetching. Threads may write different
 * blocks at the same time.
 *
 * <p>The journal is a header of {@value #HEADER} bytes with the file's size and identity, then a byte for each block:
 * 1 if it has arrived.
 */
final class PartialFile implements AutoCloseable {
    static final String DATA = ".part";
    static final String JOURNAL = ".journal";

    private static final int HEADER = 256;
    private static final byte ARRIVED = 1;
    private static final int MAX_BLOCKS = 64 << 20;
    private static final Pattern SIZE = Pattern.compile("\\nsize (\\d{1,18})\\n");

    private final Path file;
    private final FileChannel data;
    private final FileChannel journal;
    private final BitSet done;

    private PartialFile(Path file, FileChannel data, FileChannel journal, BitSet done) {
        this.file = file;
        this.data = data;
        this.journal = journal;
        this.done = done;
    }

    /**
     * Opens a partial file, and continues it if it belongs to the same version of the same file.
     *
     * @param file the complete file's path, to which the names of data and journal are added
     * @param size in bytes
     * @param identity what tells this version from others, such as a checksum or an ETag
     */
    static PartialFile open(Path file, long size, String identity) throws IOException {
        Path data = sibling(file, DATA);
        Path journal = sibling(file, JOURNAL);
        String header = header(size, identity);
        if (!Files.isRegularFile(data, LinkOption.NOFOLLOW_LINKS) || !belongs(journal, header)) {
            delete(file);
            PrivateFolder.append(data, "");
            PrivateFolder.write(journal, header + "\0".repeat(Blocks.count(size)));
        }
        FileChannel dataChannel = FileChannel.open(data, StandardOpenOption.WRITE, StandardOpenOption.READ);
        FileChannel journalChannel = FileChannel.open(journal, StandardOpenOption.WRITE, StandardOpenOption.READ);
        return new PartialFile(file, dataChannel, journalChannel, blocks(journalChannel, size, dataChannel.size()));
    }

    static Path sibling(Path file, String extension) {
        return file.resolveSibling(file.getFileName() + extension);
    }

    private static String header(long size, String identity) {
        String text = "quern partial file 1\nsize " + size + "\nblock " + Blocks.BYTES + "\nidentity "
                + Manifest.hex(identity) + "\n";
        return text + " ".repeat(HEADER - text.length());
    }

    private static boolean belongs(Path journal, String header) {
        try (FileChannel channel = FileChannel.open(journal, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            ByteBuffer bytes = ByteBuffer.allocate(HEADER);
            readAll(channel, bytes, 0);
            return new String(bytes.array(), StandardCharsets.US_ASCII).equals(header);
        } catch (IOException e) {
            return false;
        }
    }

    private static BitSet blocks(FileChannel journal, long size, long dataSize) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Blocks.count(size));
        readAll(journal, bytes, HEADER);
        BitSet done = new BitSet();
        for (int block = 0; block < bytes.capacity(); block++) {
            long end = Math.min(size, (block + 1L) * Blocks.BYTES);
            // the file may have lost its end when the machine failed
            if (bytes.get(block) == ARRIVED && end <= dataSize) {
                done.set(block);
            }
        }
        return done;
    }

    private static void readAll(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                return;
            }
        }
    }

    /** Returns the bytes that a partial file has on the disk already. */
    static long allocated(Path file) throws IOException {
        Path journal = sibling(file, JOURNAL);
        Path data = sibling(file, DATA);
        return Files.exists(journal) && Files.exists(data) ? Math.max(0, size(journal) - missing(journal)) : 0;
    }

    private static long size(Path journal) {
        try (FileChannel channel = FileChannel.open(journal, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            ByteBuffer header = ByteBuffer.allocate(HEADER);
            readAll(channel, header, 0);
            Matcher size = SIZE.matcher(new String(header.array(), StandardCharsets.US_ASCII));
            return size.find() ? Long.parseLong(size.group(1)) : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    /** Returns how many bytes are missing according to a journal of any process, or 0 if that is unknown. */
    static long missing(Path journal) {
        try (FileChannel channel = FileChannel.open(journal, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(MAX_BLOCKS, channel.size() - HEADER));
            readAll(channel, bytes, HEADER);
            long arrived = 0;
            for (byte block : bytes.array()) {
                arrived += block == ARRIVED ? 1 : 0;
            }
            return Math.max(0, size(journal) - arrived * Blocks.BYTES);
        } catch (IOException | IllegalArgumentException e) {
            return 0;
        }
    }

    /** Returns the blocks that had arrived when the file was opened. */
    BitSet done() {
        return (BitSet) done.clone();
    }

    /** Writes a block, then records that it has arrived. */
    void write(int block, byte[] bytes, int length) throws IOException {
        writeAll(data, ByteBuffer.wrap(bytes, 0, length), (long) block * Blocks.BYTES);
        writeAll(journal, ByteBuffer.wrap(new byte[] {ARRIVED}), HEADER + block);
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
        for (long at = position; bytes.hasRemaining(); ) {
            at += channel.write(bytes, at);
        }
    }

    /** Flushes the data to the disk. Without this, a power failure after the rename could leave an empty file. */
    void flush() throws IOException {
        data.force(true);
    }

    Path data() {
        return sibling(file, DATA);
    }

    /** Gives the data its name. The caller has verified and flushed it. */
    void complete() throws IOException {
        close();
        Files.move(data(), file, StandardCopyOption.ATOMIC_MOVE);
        Files.deleteIfExists(sibling(file, JOURNAL));
    }

    /** Forgets what has arrived. */
    static void delete(Path file) throws IOException {
        // data without journal starts again, a journal without data does too
        Files.deleteIfExists(sibling(file, JOURNAL));
        Files.deleteIfExists(sibling(file, DATA));
    }

    @Override
    public void close() throws IOException {
        data.close();
        journal.close();
    }
}
