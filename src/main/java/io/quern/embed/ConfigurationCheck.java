package io.quern.embed;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.admission.AdmissionConfig;
import io.quern.admission.MigrationConfig;
import io.quern.device.DeviceConfig;
import io.quern.home.HomeConfig;
import io.quern.launch.LlamaConfig;
import io.quern.launch.WorkerConfig;
import io.quern.model.ModelConfig;
import io.quern.model.TemplateConfig;
import io.quern.openai.OpenAiConfig;
import io.quern.ops.OpsConfig;
import io.quern.pool.DevConfig;
import io.quern.pool.PoolConfig;
import io.smallrye.config.SmallRyeConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.jboss.logging.Logger;

/**
 * Refuses to boot with {@code quern.*} keys that do not exist: a mistyped one would leave its default in force without a word.
 * Environment variables are warned of alone, since other programs may use the prefix too.
 */
@Singleton
final class ConfigurationCheck {
    private static final Logger LOG = Logger.getLogger(ConfigurationCheck.class);

    /** Before anything is started. */
    private static final int FIRST = 1;

    static final Set<String> KEYS = MappedKeys.of(List.of(
            ModelConfig.class,
            HomeConfig.class,
            LlamaConfig.class,
            DeviceConfig.class,
            PoolConfig.class,
            DevConfig.class,
            WorkerConfig.class,
            AdmissionConfig.class,
            MigrationConfig.class,
            OpenAiConfig.class,
            TemplateConfig.class,
            OpsConfig.class));

    private final SmallRyeConfig config;
    private final Instance<FurtherConfiguration> further;

    ConfigurationCheck(SmallRyeConfig config, @Any Instance<FurtherConfiguration> further) {
        this.config = config;
        this.further = further;
    }

    /** @throws ConfigurationException naming all unknown keys, each with the nearest known one */
    void started(@Observes @Priority(FIRST) StartupEvent event) {
        Set<String> keys = new TreeSet<>(KEYS);
        further.forEach(more -> keys.addAll(more.keys()));
        KnownKeys known = new KnownKeys(keys);
        Set<String> variables = System.getenv().keySet();
        variables.stream()
                .sorted()
                .map(known::problemOfVariable)
                .flatMap(Optional::stream)
                .forEach(LOG::warn);
        List<String> problems = StreamSupport.stream(config.getPropertyNames().spliterator(), false)
                .filter(key -> !fromEnvironment(key, variables))
                .sorted()
                .map(known::problemOf)
                .flatMap(Optional::stream)
                .toList();
        if (!problems.isEmpty()) {
            throw new ConfigurationException(String.join("; ", problems));
        }
    }

    /** Whether a variable stands behind the key: the configuration lists both names. */
    private static boolean fromEnvironment(String key, Set<String> variables) {
        return variables.contains(KnownKeys.variable(key));
    }
}
