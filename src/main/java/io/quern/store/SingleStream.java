package io.quern.store;

import io.quern.files.PrivateFolder;
import io.quern.home.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Writes a file from start to end and computes its checksum on the way. Used by one thread. */
final class SingleStream {
    private final Path target;
    private final Progress progress;
    private long length;

    /** Writing failed, which is no fault of the network. */
    static final class WriteException extends IOException {
        private final IOException problem;

        WriteException(IOException problem) {
            super(problem);
            this.problem = problem;
        }

        IOException problem() {
            return problem;
        }
    }

    SingleStream(Path target, Progress progress) {
        this.target = target;
        this.progress = progress;
    }

    long length() {
        return length;
    }

    /**
     * Copies the body of a reply.
     *
     * @param size announced by the server, or -1
     * @return the SHA-256 in hexadecimal
     */
    String copy(Reply reply, long size) throws IOException, InterruptedException {
        MessageDigest digest = Sha256.digest();
        byte[] bytes = new byte[Blocks.BYTES];
        try (FileChannel out = open()) {
            for (int read = reply.read(bytes, 0, bytes.length); read >= 0; read = reply.read(bytes, 0, bytes.length)) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                digest.update(bytes, 0, read);
                write(out, ByteBuffer.wrap(bytes, 0, read));
                length += read;
                progress.arrived(read);
            }
            if (size >= 0 && length != size) {
                throw FileDownload.early();
            }
            force(out);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private FileChannel open() throws WriteException {
        try {
            PartialFile.delete(target);
            PrivateFolder.append(data(), "");
            return FileChannel.open(data(), StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new WriteException(e);
        }
    }

    private static void write(FileChannel out, ByteBuffer bytes) throws WriteException {
        try {
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
        } catch (IOException e) {
            throw new WriteException(e);
        }
    }

    private static void force(FileChannel out) throws WriteException {
        try {
            out.force(true);
        } catch (IOException e) {
            throw new WriteException(e);
        }
    }

    private Path data() {
        return PartialFile.sibling(target, PartialFile.DATA);
    }

    void complete() throws IOException {
        Files.move(data(), target, StandardCopyOption.ATOMIC_MOVE);
    }
}
