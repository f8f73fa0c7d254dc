package io.quern.socket;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Removes the socket directories of engines that were killed. Whether one is dead is asked of its socket: nobody listening is
 * refused at once. (Process ids would lie between containers that share a folder.)
 */
final class StaleSockets {
    private StaleSockets() {}

    /** Never fails: what cannot be removed stays. */
    static void sweep(Path parent) {
        try (DirectoryStream<Path> directories =
                Files.newDirectoryStream(parent, FrameListener.DIRECTORY_PREFIX + "*")) {
            for (Path directory : directories) {
                Path socket = directory.resolve(FrameListener.SOCKET_NAME);
                if (Files.exists(socket) && refused(socket)) {
                    remove(directory);
                }
            }
        } catch (IOException e) {
            // a folder of somebody else's, or gone meanwhile: not ours to worry about
        }
    }

    /** With every socket in it: a fork parent has one there too. */
    private static void remove(Path directory) throws IOException {
        try (DirectoryStream<Path> sockets = Files.newDirectoryStream(directory)) {
            for (Path socket : sockets) {
                Files.deleteIfExists(socket);
            }
        }
        Files.deleteIfExists(directory);
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
