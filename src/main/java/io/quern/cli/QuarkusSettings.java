package io.quern.cli;

import io.quern.settings.Problems;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.SmallRyeConfig;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Refuses settings that Quarkus would ignore and then serve without the requested protection: values that refer to
 * something unset, and a request for client certificates after packaging. If Quern is embedded, Quarkus' settings are
 * the application's concern.
 */
@Singleton
final class QuarkusSettings {
    /** Fixed when the application is packaged; Quarkus only warns about another value. */
    private static final List<String> FIXED =
            List.of("quarkus.http.ssl.client-auth", "quarkus.management.ssl.client-auth");

    private final SmallRyeConfig config;
    private final ShutdownConfig shutdown;
    private final CalibrationConfig calibration;

    QuarkusSettings(SmallRyeConfig config, ShutdownConfig shutdown, CalibrationConfig calibration) {
        this.config = config;
        this.shutdown = shutdown;
        this.calibration = calibration;
    }

    void check(@Observes Problems problems) {
        problems.of("quern.shutdown.grace").notNegative(shutdown.grace());
        problems.of("quern.shutdown.second-signal-after").notNegative(shutdown.secondSignalAfter());
        problems.of("quern.calibration.idle-time").positive(calibration.idleTime());
        problems.of("quern.calibration.limit").positive(calibration.limit());
        StreamSupport.stream(config.getPropertyNames().spliterator(), false)
                .filter(name -> name.startsWith("quarkus."))
                .sorted()
                .map(config::getConfigValue)
                .filter(ConfigValue::hasProblems)
                .map(value -> value.getName() + " cannot be expanded: "
                        + value.getProblems().getFirst().getMessage())
                .forEach(problems::add);
        FIXED.forEach(name -> refuseChange(name, problems));
    }

    private void refuseChange(String name, Problems problems) {
        String fixed = config.getConfigValue(name).getValue();
        for (ConfigSource source : config.getConfigSources()) {
            String value = source.getValue(name);
            if (value != null && !value.equalsIgnoreCase(fixed)) {
                problems.add(name + " is " + value + " (" + source.getName()
                        + "), but was fixed to " + fixed + " when the application was packaged."
                        + " Set quern.http.client-auth, or package again with -D" + name + "=" + value + ".");
            }
        }
    }
}
