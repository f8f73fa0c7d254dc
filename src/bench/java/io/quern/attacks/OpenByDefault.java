package io.quern.attacks;

import io.quern.bench.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An engine with default settings and without a key, in a network with other machines. */
final class OpenByDefault implements Attack {
    private static final Duration BOOT = Duration.ofSeconds(60);
    private static final String LISTENS = "0A";

    /** 127.0.0.1, ::1 and 127.0.0.1 as an IPv6 address, in the notation of /proc/net. */
    private static final Set<String> LOOPBACK =
            Set.of("0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F");

    @Override
    public String name() {
        return "open-by-default";
    }

    @Override
    public String tries() {
        return "An engine runs with its default settings. No other machine should reach it.";
    }

    @Override
    public Finding run(Target target) throws IOException {
        Map<String, String> environment = Map.of("QUARKUS_HTTP_PORT", Integer.toString(Service.freePort()));
        try (Victim victim = target.launch(
                List.of("env", "-u", "QUARKUS_HTTP_HOST", "-u", "QUARKUS_MANAGEMENT_HOST"), environment)) {
            long begin = System.nanoTime();
            while (!victim.log().contains("istening on")) {
                if (System.nanoTime() - begin > BOOT.toNanos()
                        || !victim.process().isAlive()) {
                    throw new IOException("the engine does not listen: " + victim.log());
                }
                Service.pause(Duration.ofMillis(50));
            }
            List<String> open = new ArrayList<>();
            List<String> local = new ArrayList<>();
            for (Listener listener : listeners(victim.pid())) {
                (LOOPBACK.contains(listener.address()) ? local : open).add(Integer.toString(listener.port()));
            }
            return Finding.of(
                    open.isEmpty() && !local.isEmpty(),
                    "ports for other machines: %s; for this machine: %s",
                    open,
                    local);
        }
    }

    private record Listener(String address, int port) {}

    private static List<Listener> listeners(long pid) throws IOException {
        Set<String> sockets;
        try (Stream<Path> descriptors = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            sockets = descriptors
                    .map(OpenByDefault::target)
                    .filter(name -> name.startsWith("socket:["))
                    .map(name -> name.substring("socket:[".length(), name.length() - 1))
                    .collect(Collectors.toSet());
        }
        List<Listener> found = new ArrayList<>();
        for (String table : List.of("tcp", "tcp6")) {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "net", table))) {
                String[] fields = line.strip().split("\\s+");
                if (fields.length > 9 && fields[3].equals(LISTENS) && sockets.contains(fields[9])) {
                    String[] address = fields[1].split(":");
                    found.add(new Listener(address[0], Integer.parseInt(address[1], 16)));
                }
            }
        }
        return found;
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closed) {
            return "";
        }
    }
}
