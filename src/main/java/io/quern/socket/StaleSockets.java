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
 * Removes the socket directories of engines that were killed. Whether one is dead is asked of its socket: nobody listening is
 * refused at once. (Process ids would lie between containers that share a folder.)
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
                    // of another user, or a link to who knows where
                    continue;
                }
                if (Files.exists(socket) ? refused(socket) : abandoned(directory)) {
                    // with all that is in it: a launcher has a socket there too, and there is the run file
                    PrivateFolder.delete(directory);
                }
            }
        } catch (IOException e) {
            // a folder of somebody else's, or gone meanwhile: not ours to worry about
        }
    }

    /** Its engine has ended before it listened. */
    private static boolean abandoned(Path directory) throws IOException {
        Matcher owner = OWNER.matcher(directory.getFileName().toString());
        return owner.lookingAt()
                && ProcessHandle.of(Long.parseLong(owner.group(1))).isEmpty()
                // an engine in another container has a pid that means nothing here; it listens at once
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
