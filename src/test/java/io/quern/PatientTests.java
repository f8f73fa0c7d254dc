package io.quern;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Gives every {@code await()} a minute instead of Awaitility's ten seconds: a process that starts on a loaded machine needs them. A
 * limit costs time only in a test that fails. Tests with {@code @QuarkusTest} run in a class loader of their own and name a limit.
 */
public final class PatientTests implements LauncherSessionListener {
    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
    }
}
