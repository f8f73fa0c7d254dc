package io.quern.bench;

import java.io.UncheckedIOException;
import java.time.Duration;

/** Waits until a service has nothing left to do, so that it does not disturb the measurement of another one. */
final class Quiet {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Duration WINDOW = Duration.ofSeconds(2);
    private static final double LARGEST_SHARE = 0.1;

    private Quiet() {}

    /**
     * Waits until the processes of the service use less than a tenth of a core. A first start still writes caches
     * before.
     */
    static void await(Service service) {
        long until = System.nanoTime() + LIMIT.toNanos();
        double before = cpuSeconds(service);
        while (true) {
            Service.pause(WINDOW);
            double now = cpuSeconds(service);
            if (Math.abs(now - before) < LARGEST_SHARE * WINDOW.toSeconds()) {
                return;
            }
            if (System.nanoTime() > until) {
                throw new IllegalStateException(
                        "the service is still busy after " + LIMIT + "; its log: " + service.logEnd());
            }
            before = now;
        }
    }

    private static double cpuSeconds(Service service) {
        return service.processes().stream()
                .filter(ProcessHandle::isAlive)
                .mapToDouble(Quiet::cpuSecondsOrZero)
                .sum();
    }

    private static double cpuSecondsOrZero(ProcessHandle process) {
        try {
            return Machine.cpuSeconds(process);
        } catch (UncheckedIOException ended) {
            return 0;
        }
    }
}
