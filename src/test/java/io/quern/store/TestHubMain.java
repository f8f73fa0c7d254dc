package io.quern.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/**
 * Runs the test hub from the command line, for {@code src/bench/hub} and {@code src/bench/downloads}. It serves the
 * GGUF files below a folder as {@code FOLDER/OWNER/REPO/FILE}, and files of any size whose content is generated. It
 * ends with the process that has started it.
 */
final class TestHubMain {
    private static final String GENERATED = "--generated=";
    private static final String RATE = "--rate=";
    private static final String PORT = "--port=";
    private static final String GATED = "--gated=";

    private TestHubMain() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        List<String> args = List.of(arguments);
        TestHub hub = TestHub.start(Integer.parseInt(value(args, PORT, "0")));
        hub.faults.bytesPerSecond = Long.parseLong(value(args, RATE, "0"));
        for (String argument : args) {
            if (argument.startsWith(GENERATED)) {
                // OWNER/REPO/FILE:BYTES
                String[] parts = argument.substring(GENERATED.length()).split(":");
                add(hub, Path.of(parts[0]), TestContent.generated(Long.parseLong(parts[1]), 1));
            } else if (argument.startsWith(GATED)) {
                hub.repo(argument.substring(GATED.length())).gated = true;
            } else if (!argument.startsWith("--")) {
                addAll(hub, Path.of(argument));
            }
        }
        System.out.println("HF_ENDPOINT=" + hub.endpoint());
        awaitEndOfParent();
    }

    /** A test or a shell that is killed cannot end it. */
    private static void awaitEndOfParent() throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        ProcessHandle.current().parent().ifPresent(parent -> parent.onExit().thenRun(ended::countDown));
        ended.await();
        System.exit(0);
    }

    private static String value(List<String> args, String option, String otherwise) {
        return args.stream()
                .filter(argument -> argument.startsWith(option))
                .findFirst()
                .map(argument -> argument.substring(option.length()))
                .orElse(otherwise);
    }

    private static void addAll(TestHub hub, Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path name = folder.relativize(file);
                if (name.getNameCount() > 2) {
                    add(hub, name, TestContent.file(file));
                }
            }
        }
    }

    private static void add(TestHub hub, Path name, TestContent content) {
        String path = name.subpath(2, name.getNameCount()).toString();
        hub.repo(name.getName(0) + "/" + name.getName(1)).file(path, content);
        System.out.println("hf:" + name + "  " + content.size() + " bytes");
    }
}
