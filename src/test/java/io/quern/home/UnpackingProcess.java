package io.quern.home;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A process that unpacks {@link TestBundles#large()} when it reads a byte on stdin, and prints the folder. */
final class UnpackingProcess {
    private UnpackingProcess() {}

    /** @param args the home folder; with a second argument it hangs in the middle of a file and reports that */
    public static void main(String[] args) throws IOException {
        Bundle bundle = TestBundles.large();
        if (args.length > 1) {
            bundle = new Bundle(bundle.name(), bundle.entries(), stuck(bundle.source()));
        }
        System.in.read();
        System.out.println(QuernHome.locate(Optional.of(Path.of(args[0]))).unpack(bundle));
    }

    static Process start(String... args) throws IOException {
        return new ProcessBuilder(command(args))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    static List<String> command(String... args) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                UnpackingProcess.class.getName()));
        command.addAll(List.of(args));
        return command;
    }

    private static Bundle.Source stuck(Bundle.Source source) {
        return name -> new InputStream() {
            private final InputStream content = source.open(name);
            private int given;

            @Override
            public int read() throws IOException {
                throw new IOException("read by blocks only");
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                if (given > 0) {
                    System.out.println("stuck");
                    System.in.read(); // the test kills this process while it waits
                }
                int read = content.read(bytes, offset, Math.min(length, 1_000));
                given += read;
                return read;
            }
        };
    }
}
