package io.quern.embed;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.openai.OpenAiConfig;
import io.quern.settings.Problems;
import io.smallrye.config.SmallRyeConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jboss.logging.Logger;

/**
 * Refuses to start with {@code quern.*} keys that do not exist: if a key is mistyped, its default would apply without
 * notice. For unknown environment variables it only warns, because other programs use the prefix too. The exception is
 * a variable that may be meant as an API key: without its key the engine would be open to everyone.
 */
@Singleton
final class ConfigurationCheck {
    private static final Logger LOG = Logger.getLogger(ConfigurationCheck.class);

    /** Runs before anything starts. */
    private static final int FIRST = 1;

    private final SmallRyeConfig config;
    private final Instance<FurtherConfiguration> further;

    private final Event<Problems> everywhere;

    ConfigurationCheck(SmallRyeConfig config, @Any Instance<FurtherConfiguration> further, Event<Problems> everywhere) {
        this.config = config;
        this.further = further;
        this.everywhere = everywhere;
    }

    /**
     * Checks all keys and values.
     *
     * @throws ConfigurationException with all unknown keys, each with the nearest known one, and all invalid values
     */
    void started(@Observes @Priority(FIRST) StartupEvent event) {
        Set<String> keys = new TreeSet<>(EngineKeys.ALL);
        further.forEach(more -> keys.addAll(more.keys()));
        KnownKeys known = new KnownKeys(keys);
        Set<String> variables = new TreeSet<>(System.getenv().keySet());
        Set<String> written = new HashSet<>();
        for (ConfigSource source : config.getConfigSources()) {
            (isEnvironment(source) ? variables : written).addAll(source.getPropertyNames());
        }
        Problems problems = new Problems();
        boolean hasKeys = config.isPropertyPresent(OpenAiConfig.API_KEYS);
        for (String variable : variables) {
            if (hasKeys && variable.equals(KnownKeys.KEY_OF_COMMANDS)) {
                // the same shell runs commands, and the engine is protected
                continue;
            }
            known.problemOfVariable(variable)
                    .ifPresent(KnownKeys.mayMeanAnApiKey(variable) ? problems::add : LOG::warn);
        }
        Set<String> names = new TreeSet<>();
        config.getPropertyNames().forEach(names::add);
        // the configuration also lists a variable under the name of its key
        Set<String> named = variables.stream().map(KnownKeys::withoutProfile).collect(Collectors.toSet());
        names.removeIf(name -> named.contains(KnownKeys.variable(name)) && !written.contains(name));
        names.forEach(name -> known.problemOf(name).ifPresent(problems::add));
        everywhere.fire(problems);
        problems.refuse();
    }

    /**
     * Returns whether the source is the environment of the process, or the file {@code .env} in its working directory.
     */
    private static boolean isEnvironment(ConfigSource source) {
        return source.getName().startsWith("EnvConfigSource");
    }
}
