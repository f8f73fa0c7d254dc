package io.quern.cli;

import java.time.Duration;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;

/**
 * The signals that ask this process to end. While the engine boots they end it at once, or within {@link #BOOT_ENDS} if
 * the boot hangs: the JVM's own handler would wait for Quarkus, and that for the boot. Once it serves, {@link
 * GracefulStop} takes them.
 */
final class StopSignals {
    private static final String[] NAMES = {"TERM", "INT", "HUP"};

    /** For a boot that moves on; what hangs is ended then. */
    private static final Duration BOOT_ENDS = Duration.ofSeconds(5);

    /** Beyond every deadline that the end in good order has. */
    private static final Duration JVM_ENDS = Duration.ofSeconds(60);

    private static final int SIGNALED = 128;

    private final EndWatch watch = EndWatch.start();
    private volatile @Nullable Consumer<String> receiver;

    private static @Nullable StopSignals installed;

    private StopSignals() {}

    /** Takes them from now on. Only for a process that is the engine's own. */
    static synchronized StopSignals install() {
        StopSignals signals = installed;
        if (signals == null) {
            signals = new StopSignals();
            installed = signals;
            EndWatch end = signals.watch;
            for (String name : NAMES) {
                try {
                    // one that is ignored (nohup) stays ignored
                    Signal.handle(new Signal(name), signals::signalled);
                } catch (IllegalArgumentException e) {
                    // Windows has no SIGHUP; a JVM with -Xrs has none of them
                    Logger.getLogger(StopSignals.class)
                            .debugf("SIG%s is not for this process to handle: %s", name, e.getMessage());
                }
            }
            Runtime.getRuntime().addShutdownHook(new Thread(() -> end.endWithin(JVM_ENDS, 1), "quern-end-is-watched"));
        }
        return signals;
    }

    /** Has another one take them, by their names, from now on; and tells by what the end is watched. */
    static synchronized EndWatch receivedBy(Consumer<String> receiver) {
        StopSignals signals = install();
        signals.receiver = receiver;
        return signals.watch;
    }

    private void signalled(Signal signal) {
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
