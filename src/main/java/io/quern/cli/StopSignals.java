package io.quern.cli;

import java.time.Duration;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;

/**
 * Handles the signals that ask this process to end. While the engine boots they end it at once, or within {@link
 * #BOOT_ENDS} if the boot hangs: the JVM's own handler would wait for Quarkus, and Quarkus for the boot. After the boot
 * {@link GracefulStop} handles them.
 */
final class StopSignals {
    private static final String[] NAMES = {"TERM", "INT", "HUP"};

    /** Time that a boot gets to end by itself. */
    private static final Duration BOOT_ENDS = Duration.ofSeconds(5);

    /** Longer than every deadline of the orderly shutdown. */
    private static final Duration JVM_ENDS = Duration.ofSeconds(60);

    private static final int SIGNALED = 128;

    private final EndWatch watch = EndWatch.start();
    private volatile @Nullable Consumer<String> receiver;

    private static @Nullable StopSignals installed;

    private StopSignals() {}

    /** Installs the handlers. Only for a process that belongs to the engine. */
    static synchronized StopSignals install() {
        StopSignals signals = installed;
        if (signals == null) {
            signals = new StopSignals();
            installed = signals;
            EndWatch end = signals.watch;
            for (String name : NAMES) {
                try {
                    // an ignored signal (nohup) stays ignored
                    Signal.handle(new Signal(name), signals::signalled);
                } catch (IllegalArgumentException e) {
                    // Windows has no SIGHUP; a JVM with -Xrs has none of them
                    Logger.getLogger(StopSignals.class)
                            .debugf("This process cannot handle SIG%s: %s", name, e.getMessage());
                }
            }
            Runtime.getRuntime().addShutdownHook(new Thread(() -> end.endWithin(JVM_ENDS, 1), "quern-end-is-watched"));
        }
        return signals;
    }

    /** Passes the names of later signals to a receiver. Returns the watch of the shutdown. */
    static synchronized EndWatch receivedBy(Consumer<String> receiver) {
        StopSignals signals = install();
        signals.receiver = receiver;
        return signals.watch;
    }

    private void signalled(Signal signal) {
        if (ParentWatch.sessionOf().isPresent() && signal.getName().equals("INT")) {
            // Ctrl-C reaches every process of the terminal, but in a session it stops only an answer
            return;
        }
        Consumer<String> serving = receiver;
        if (serving != null) {
            serving.accept(signal.getName());
            return;
        }
        int code = SIGNALED + signal.getNumber();
        watch.endWithin(BOOT_ENDS, code);
        System.exit(code);
    }
}
