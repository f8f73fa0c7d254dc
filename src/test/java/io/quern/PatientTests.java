package io.quern;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Gives each {@code await()} a minute instead of Awaitility's ten seconds, because starting a process on a loaded
 * machine takes long. Tests with {@code @QuarkusTest} have their own class loader, so they must set a limit themselves.
 */
public final class PatientTests implements LauncherSessionListener {
    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
    }
}
