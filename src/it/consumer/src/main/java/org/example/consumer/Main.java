package org.example.consumer;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Records each run in the file that CONSUMER_RUNS names, so that a test can see that no worker runs this main. */
@QuarkusMain
public class Main {
    public static void main(String[] args) throws IOException {
        Files.writeString(
                Path.of(System.getenv("CONSUMER_RUNS")),
                "main\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
        Quarkus.run(Consumer.class, args);
    }
}
