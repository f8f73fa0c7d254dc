package io.quern.worker;

import io.quern.TestSettings;
import io.quern.socket.FrameConnection;
import io.quern.wire.EngineFrame;
import io.quern.wire.Protocol;
import io.quern.wire.WorkerFrame;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.List;

/** The parent process of a worker. It prints the worker's pid after it has connected, and waits to be killed. */
public final class WorkerParent {
    private WorkerParent() {}

    /** @param arguments socket, model, folder of the native libraries */
    public static void main(String[] arguments) throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(Path.of(arguments[0])));
            List<String> command = WorkerProcess.command();
            command.add("--socket=" + arguments[0]);
            command.add("--model=" + arguments[1]);
            command.add("--parent=" + ProcessHandle.current().pid());
            Process worker = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (var stdin = worker.outputWriter()) {
                stdin.write("token\n");
            }
            try (var connection = new FrameConnection<WorkerFrame, EngineFrame>(
                    listener.accept(), WorkerFrame.parser(), Protocol.DEFAULT_MAX_FRAME_BYTES)) {
                connection.receive();
                connection.send(EngineFrame.newBuilder()
                        .setSettings(TestSettings.of(Path.of(arguments[1]), Path.of(arguments[2]), 1, 256))
                        .build());
                System.out.println(worker.pid());
                worker.waitFor();
            }
        }
    }
}
