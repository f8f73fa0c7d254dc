package io.quern.worker;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;

/** A process that is a worker's parent: prints the worker's pid when it has connected, and then waits to be killed. */
public final class WorkerParent {
    private WorkerParent() {}

    /** @param arguments socket, model, folder of the native libraries */
    public static void main(String[] arguments) throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(Path.of(arguments[0])));
            List<String> command = WorkerProcess.command();
            command.add("--socket=" + arguments[0]);
            command.add("--model=" + arguments[1]);
            command.add("--llama=" + arguments[2]);
            command.add("--context-length=256");
            command.add("--slots=1");
            command.add("--parent=" + ProcessHandle.current().pid());
            Process worker = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (var stdin = worker.outputWriter()) {
                stdin.write("token\n");
            }
            try (SocketChannel connection = listener.accept()) {
                System.out.println(worker.pid());
                worker.waitFor();
            }
        }
    }
}
