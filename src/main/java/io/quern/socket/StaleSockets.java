package io.quern.socket;

import io.quern.files.PrivateFolder;
import io.quern.files.Trust;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Removes the socket directories of engines that were killed. To find out whether an engine is dead it connects to the
 * socket: without a listener the connection is refused at once. (Process ids would be wrong between containers that
 * share a folder.)
 */
final class StaleSockets {
    private static final Pattern OWNER = Pattern.compile(FrameListener.DIRECTORY_PREFIX + "(\\d{1,10})-");
    private static final Duration LISTENS_WITHIN = Duration.ofSeconds(1);

    private StaleSockets() {}

    /** Never fails: what cannot be removed stays. */
    static void sweep(Path parent) {
        try (DirectoryStream<Path> directories =
                Files.newDirectoryStream(parent, FrameListener.DIRECTORY_PREFIX + "*")) {
            for (Path directory : directories) {
                Path socket = directory.resolve(FrameListener.SOCKET_NAME);
                if (!Trust.isFolder(directory)) {
                    // it belongs to another user, or is a link
                    continue;
                }
                if (Files.exists(socket) ? refused(socket) : abandoned(directory)) {
                    // with all files in it: the run file, and the socket of a launcher
                    PrivateFolder.delete(directory);
                }
            }
        } catch (IOException e) {
            // it belongs to another user or was deleted in the meantime: nothing to clean up
        }
    }

    /** Returns whether the engine ended before it listened. */
    private static boolean abandoned(Path directory) throws IOException {
        Matcher owner = OWNER.matcher(directory.getFileName().toString());
        return owner.lookingAt()
                && ProcessHandle.of(Long.parseLong(owner.group(1))).isEmpty()
                // the pid of an engine in another container means nothing here, but such an engine listens soon
                && Files.getLastModifiedTime(directory)
                        .toInstant()
                        .isBefore(Instant.now().minus(LISTENS_WITHIN))
                && isEmpty(directory);
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            return !files.iterator().hasNext();
        }
    }

    private static boolean refused(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return false;
        } catch (ConnectException e) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
