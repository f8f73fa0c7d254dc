package io.quern.worker;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Short-lived processes with which the command {@code doctor} tests the guards: a parent, and for each guard a child
 * that only this guard ends. The parent prints "NAME PID" for each prepared child, then "ready", and waits to be
 * killed. A child with a wrong parent id prints nothing and ends with exit code {@value WorkerMain#EXIT_LOST}.
 */
public final class GuardTrial {
    private static final long LONGEST_MILLIS = 30_000;

    private GuardTrial() {}

    /** @param arguments "parent" FOLDER [LAUNCHER], "signal" PARENT or "stream" SOCKET */
    public static void main(String[] arguments) throws Exception {
        // ends the processes if anything fails here
        Thread.ofPlatform().daemon().start(() -> {
            sleep();
            Runtime.getRuntime().halt(WorkerMain.EXIT_LOST);
        });
        switch (arguments[0]) {
            case "parent" -> parent(List.of(arguments).subList(1, arguments.length));
            case "signal" -> signal(Long.parseLong(arguments[1]));
            case "stream" -> stream(Path.of(arguments[1]));
            default -> System.exit(WorkerMain.EXIT_USAGE);
        }
    }

    private static void parent(List<String> arguments) throws IOException {
        Path socket = Path.of(arguments.getFirst(), "t");
        long self = ProcessHandle.current().pid();
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket));
            Process signal = new ProcessBuilder(java("signal", Long.toString(self))).start();
            Process stream = new ProcessBuilder(java("stream", socket.toString())).start();
            if (arguments.size() > 1) {
                Process launcher =
                        new ProcessBuilder(arguments.get(1), "--control=" + socket, "--parent=" + self).start();
                // the child of the stream reports when it is prepared, so the other connection is the launcher's in any
                // order
                listener.accept();
                listener.accept();
                System.out.println("launcher " + launcher.pid());
            } else {
                listener.accept();
            }
            for (Process child : List.of(signal, stream)) {
                if (child.getInputStream().read() == '+') {
                    System.out.println((child == signal ? "parent-death-signal " : "end-of-stream ") + child.pid());
                }
            }
            System.out.println("ready");
            sleep();
        }
    }

    private static void signal(long parent) {
        ParentDeath.kills();
        if (!ParentDeath.parentIs(parent)) {
            System.exit(WorkerMain.EXIT_LOST);
        }
        if (ParentDeath.signal() != 0) {
            System.out.println('+');
            sleep();
        }
    }

    private static void stream(Path socket) throws IOException {
        try (SocketChannel engine = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            System.out.println('+');
            engine.read(ByteBuffer.allocate(1));
        }
        Runtime.getRuntime().halt(WorkerMain.EXIT_LOST);
    }

    private static List<String> java(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                GuardTrial.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    private static void sleep() {
        try {
            Thread.sleep(LONGEST_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
